import { Button } from "@mantine/core";
import { CloudOff, Lock, SearchX, TriangleAlert } from "lucide-react";
import { useTranslation } from "react-i18next";
import { ApiError } from "@/api/problem";
import { usePermissionTitle } from "@/app/permissions";
import { CopyButton } from "./CopyButton";
import { problemText } from "./problemText";
import { StateTitle } from "./StateTitle";
import { WhyLink } from "./WhyLink";
import classes from "./states.module.css";

interface Props {
  error: unknown;
  retry?: () => void;
  compact?: boolean;
}

/** What happened, what to do, and the request id to quote. Refusals say which permission is missing. */
export function ErrorState({ error, retry, compact }: Props) {
  const { t } = useTranslation();
  const status = error instanceof ApiError ? error.status : -1;
  const request = error instanceof ApiError ? error.problem.request_id : undefined;
  const missing = status === 403 && error instanceof ApiError ? error.problem.permission : undefined;
  usePermissionTitle(missing); // so that it is told by its title
  const Icon = status === 0 ? CloudOff : status === 403 ? Lock : status === 404 ? SearchX : TriangleAlert;
  const title = status === 0 ? t("error.offline") : status === 403 ? t("error.forbidden") : status === 404 ? t("error.notFound") : t("error.title");
  return (
    <div className={classes.state} role="alert" data-compact={compact || undefined}>
      <span className={classes.icon} data-tone={status === 403 || status === 404 ? undefined : "denied"}>
        <Icon size={22} aria-hidden="true" />
      </span>
      <StateTitle text={title} />
      <p className={classes.text}>{problemText(error, t)}</p>
      {retry && status !== 403 && status !== 404 && (
        <Button variant="default" onClick={retry}>
          {t("error.retry")}
        </Button>
      )}
      {missing && <WhyLink permission={missing} />}
      {request && (
        <span className={classes.request}>
          {t("error.request")} <code className="cs-code">{request}</code>
          <CopyButton value={request} />
        </span>
      )}
    </div>
  );
}
