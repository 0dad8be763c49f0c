import { CalendarClock, CheckCircle2, CircleDashed, CircleSlash, Hourglass, type LucideIcon, Timer, TriangleAlert, UserX } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { AccessReview, ReviewItem } from "@/api/types";
import { Badge, type Tone } from "@/components/StateBadge";

const states: Record<AccessReview["state"], readonly [Tone, LucideIcon]> = {
  planned: ["neutral", CalendarClock],
  running: ["pending", Timer],
  ending: ["pending", Hourglass],
  ended: ["neutral", CheckCircle2],
};

/** How a review stands. */
export function ReviewState({ state }: { state: AccessReview["state"] }) {
  const { t } = useTranslation();
  const [tone, icon] = states[state];
  return (
    <Badge tone={tone} icon={icon}>
      {t(`review.state.${state}`)}
    </Badge>
  );
}

const answers = {
  confirmed: ["verified", CheckCircle2],
  revoked: ["denied", CircleSlash],
  flagged: ["pending", TriangleAlert],
  kept: ["neutral", CircleDashed],
  gone: ["neutral", CircleSlash],
} as const satisfies Record<string, readonly [Tone, LucideIcon]>;

/** What was answered for a grant; nothing while it is open and can be. */
export function AnswerState({ item }: { item: Pick<ReviewItem, "answer" | "change" | "nobody"> }) {
  const { t } = useTranslation();
  const answer = item.answer || (item.change === "gone" ? "gone" : null);
  if (!answer) {
    return item.nobody ? (
      <Badge tone="pending" icon={UserX}>
        {t("review.nobody")}
      </Badge>
    ) : null;
  }
  const [tone, icon] = answers[answer];
  return (
    <Badge tone={tone} icon={icon}>
      {t(`review.answer.${answer}`)}
    </Badge>
  );
}
