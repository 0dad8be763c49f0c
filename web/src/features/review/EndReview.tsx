import { Button, Radio, Stack } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { AccessReview } from "@/api/types";
import { useCan } from "@/app/me";
import { Confirm } from "@/components/Confirm";
import { toast } from "@/components/toast";
import { end } from "./data";

/** Ends a review before its time: what becomes of what nobody answered is said there. */
export function EndReview({ review }: { review: AccessReview }) {
  const { t } = useTranslation();
  const revokes = useCan()("admin.technicians");
  const [asking, setAsking] = useState(false);
  const [then, setThen] = useState<"keep" | "revoke">("keep");
  const { open } = review.counts;
  return (
    <>
      <Button variant="default" onClick={() => setAsking(true)}>
        {t("review.end")}
      </Button>
      <Confirm
        opened={asking}
        onClose={() => setAsking(false)}
        title={t("review.endTitle", { name: review.name })}
        action={t("review.end")}
        danger={then === "revoke"}
        typed={then === "revoke" && open > 0 ? review.name : undefined}
        onConfirm={async () => {
          await end(review, then);
          toast(t("review.endSent"));
        }}
      >
        <p>{open > 0 ? t("review.endOpen", { count: open }) : t("review.endDone")}</p>
        {open > 0 && (
          <Radio.Group label={t("review.unanswered")} value={then} onChange={(next) => setThen(next as "keep")}>
            <Stack gap="xs" mt="xs">
              <Radio value="keep" label={t("review.keep")} description={t("review.keepHelp")} />
              <Radio value="revoke" disabled={!revokes} label={t("review.revoke")} description={revokes ? t("review.revokeHelp") : t("review.revokeDenied")} />
            </Stack>
          </Radio.Group>
        )}
      </Confirm>
    </>
  );
}
