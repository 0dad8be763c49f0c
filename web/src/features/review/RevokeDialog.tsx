import { TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { AccessReview, ReviewItem } from "@/api/types";
import { Confirm } from "@/components/Confirm";
import { trialOf } from "@/features/access/effects";
import { EffectOf } from "@/features/access/review";
import { whatOf } from "./words";
import classes from "./Review.module.css";

interface Props {
  review: AccessReview;
  items: ReviewItem[];
  onClose: () => void;
  onConfirm: (comment: string) => void;
}

const named = 5;

/** Asks before grants are taken away, and shows what that would do. Enter does it. */
export function RevokeDialog({ review, items, onClose, onConfirm }: Props) {
  const { t } = useTranslation();
  const [comment, setComment] = useState("");
  const [trial] = useState(() => trialOf("POST", `/api/access-reviews/${review.id}/answers`, { body: { answers: items.map(({ grant_id, seen }) => ({ grant_id, seen, answer: "revoke" })) } }));
  return (
    <Confirm
      opened
      onClose={onClose}
      title={t("review.revokeTitle", { count: items.length })}
      action={t("review.takeAway")}
      onConfirm={async () => onConfirm(comment.trim())}
    >
      <ul className={classes.those}>
        {items.slice(0, named).map((item) => (
          <li key={item.grant_id}>
            {item.subject.name}: {whatOf(item, t)}
          </li>
        ))}
        {items.length > named && <li>{t("review.more", { count: items.length - named })}</li>}
      </ul>
      <p>{t("review.atOnce")}</p>
      <EffectOf trial={trial} />
      <TextInput data-autofocus mt="sm" label={t("review.comment")} description={t("review.commentHelp")} maxLength={500} value={comment} onChange={(event) => setComment(event.currentTarget.value)} />
    </Confirm>
  );
}
