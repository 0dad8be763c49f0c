import { Box } from "@mantine/core";
import { Suspense } from "react";
import { useTranslation } from "react-i18next";
import { podId } from "@/api/pod";
import { ApiError, type Asked } from "@/api/problem";
import { AskButton } from "@/features/approval";
import { Callout } from "./Callout";
import { problemText } from "./problemText";

/**
 * What a second person would have to approve, if that is what a refusal lacks. `parameters` are those of the request that was refused, for what the
 * refusal leaves out. The small page in a ticket system only refuses: nobody is asked there.
 */
export function askedIn(error: unknown, parameters: Record<string, unknown> = {}): Asked | null {
  const template = error instanceof ApiError && podId() === "" ? error.problem.access_request?.template : undefined;
  return template ? { action: template.action, parameters: { ...parameters, ...template.parameters } } : null;
}

/** Why something was refused; and where a second person could approve it, the way to ask. */
export function Refused({ error, onDone }: { error: unknown; onDone?: () => void }) {
  const { t } = useTranslation();
  const asked = askedIn(error);
  return (
    <Callout tone="denied">
      {problemText(error, t)}
      {asked && (
        <Box mt={8}>
          <Suspense fallback={null}>
            <AskButton asked={asked} onDone={onDone} />
          </Suspense>
        </Box>
      )}
    </Callout>
  );
}
