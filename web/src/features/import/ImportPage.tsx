import { Button } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { CircleStop, Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Import } from "@/api/types";
import { goTo } from "@/app/navigate";
import { Callout } from "@/components/Callout";
import { Confirm } from "@/components/Confirm";
import { ErrorState } from "@/components/ErrorState";
import { Loading } from "@/components/Loading";
import { PageHeader } from "@/components/PageHeader";
import { problemText } from "@/components/problemText";
import { Progress } from "@/components/Progress";
import { toast } from "@/components/toast";
import { Wizard } from "@/components/Wizard";
import { trialOf } from "@/features/access/effects";
import { EffectOf } from "@/features/access/review";
import { apply, check, fieldName, forget, importQuery, isBusy, map, missing, stop } from "./data";
import classes from "./Import.module.css";
import { Mapping } from "./Mapping";
import { Outcomes } from "./Outcomes";
import { useSteps } from "./useSteps";

/** One import, from its columns to its last row. Where it stands is on the server, so that one may leave and come back. */
export function ImportPage() {
  const { id } = useParams({ strict: false }) as { id: string };
  const query = useQuery(importQuery(id));
  if (query.isPending) {
    return <Loading rows={6} height={48} />;
  }
  if (!query.data) {
    return <ErrorState error={query.error} retry={() => void query.refetch()} />;
  }
  return <Steps key={query.data.id} file={query.data} />;
}

function Steps({ file }: { file: Import }) {
  const { t } = useTranslation();
  const [asking, setAsking] = useState(false);
  const { step } = useSearch({ strict: false }) as { step?: string };
  const navigate = useNavigate();
  const go = (to?: string) => void navigate({ to: ".", search: (to ? { step: to } : {}) as never, replace: true });
  const columns = file.state === "uploaded" || (step === "columns" && !isBusy(file) && file.state !== "applied");
  const checking = !columns && (file.state === "checking" || file.state === "checked");
  const remove = async () => {
    await forget(file);
    toast(t("import.forgotten", { name: file.file_name }), "neutral");
    goTo("/import");
  };
  return (
    <>
      <PageHeader
        title={`${t("import.title")}: ${t(`import.kind.${file.kind}`)}`}
        text={file.file_name}
        actions={
          !isBusy(file) && (
            <Button variant="default" leftSection={<Trash2 size={15} />} onClick={() => setAsking(true)}>
              {t("import.forget")}
            </Button>
          )
        }
      />
      {columns ? <Columns file={file} onGo={go} /> : checking ? <Check file={file} onGo={go} /> : <Applied file={file} />}
      <Confirm opened={asking} onClose={() => setAsking(false)} title={t("import.forget")} action={t("import.forget")} onConfirm={remove}>
        {t("import.forgetText")}
      </Confirm>
    </>
  );
}

interface StepProps {
  file: Import;
  onGo: (step?: string) => void;
}

function Columns({ file, onGo }: StepProps) {
  const { t, i18n } = useTranslation();
  const steps = useSteps();
  const [mapping, setMapping] = useState(file.mapping);
  const [options, setOptions] = useState(file.options);
  const lacking = missing(file, mapping);
  const run = useMutation({ mutationFn: async () => check(await map(file, mapping, options)), onSuccess: () => onGo() });
  const rows = new Intl.NumberFormat(i18n.language).format(file.rows);
  return (
    <Wizard
      steps={steps}
      current="columns"
      onStep={() => goTo(`/import/${file.kind}`)}
      title={t("import.columnsTitle")}
      text={t("import.columnsText", { file: file.file_name, rows })}
      onBack={() => goTo(`/import/${file.kind}`)}
      next={{ label: t("import.check"), run: () => run.mutate(), disabled: lacking.length > 0, busy: run.isPending }}
    >
      <Mapping file={file} mapping={mapping} options={options} onMapping={setMapping} onOptions={setOptions} />
      <p role="status" className={classes.missing}>
        {lacking.length > 0 && t("import.missing", { fields: lacking.map((name) => fieldName(name, t)).join(", ") })}
      </p>
      {run.isError && (
        <Callout tone="denied" live="assertive">
          {problemText(run.error, t)}
        </Callout>
      )}
    </Wizard>
  );
}

function Check({ file, onGo }: StepProps) {
  const { t, i18n } = useTranslation();
  const steps = useSteps();
  const run = useMutation({ mutationFn: () => apply(file), onSuccess: () => onGo() });
  const count = file.counts.create + file.counts.update;
  const busy = file.state === "checking";
  const formatted = new Intl.NumberFormat(i18n.language).format(count);
  return (
    <Wizard
      steps={steps}
      current="check"
      onStep={busy ? undefined : (key) => (key === "file" ? goTo(`/import/${file.kind}`) : onGo("columns"))}
      title={t("import.checkTitle")}
      text={t(busy ? "import.checkRunning" : "import.checkText")}
      onBack={busy ? undefined : () => onGo("columns")}
      next={busy ? undefined : { label: count > 0 ? t("import.applyNow", { count, formatted }) : t("import.nothing"), run: () => run.mutate(), disabled: count === 0, busy: run.isPending }}
    >
      {busy && <Running file={file} label={t("import.step.check")} />}
      {run.isError && (
        <Callout tone="denied" live="assertive">
          {problemText(run.error, t)}
        </Callout>
      )}
      {!busy && count > 0 && touchesRights(file.kind) && <EffectOf trial={trialOf("POST", `/api/imports/${file.id}/apply`)} />}
      <Outcomes file={file} />
    </Wizard>
  );
}

/** Whether rows of a kind say what people may do: who they are and whose, or where devices stand. */
const touchesRights = (kind: Import["kind"]) => kind === "technicians" || kind === "devices";

function Applied({ file }: { file: Import }) {
  const { t } = useTranslation();
  const steps = useSteps();
  const again = useMutation({ mutationFn: () => apply(file) });
  const state = file.state as "applying" | "applied" | "failed" | "canceled";
  return (
    <Wizard
      steps={steps}
      current="apply"
      title={t(`import.applyTitle.${state}`)}
      text={t(state === "applying" ? "import.applyRunning" : state === "applied" ? "import.appliedText" : "import.stoppedText")}
    >
      {state === "applying" && <Running file={file} label={t("import.step.apply")} />}
      {again.isError && (
        <Callout tone="denied" live="assertive">
          {problemText(again.error, t)}
        </Callout>
      )}
      {state !== "applying" && (
        <div className={classes.after}>
          {state !== "applied" && (
            <Button loading={again.isPending} onClick={() => again.mutate()}>
              {t("import.again")}
            </Button>
          )}
          <Button component={Link} to={`/${file.kind}`} variant={state === "applied" ? "filled" : "default"}>
            {t("import.toList")}
          </Button>
          <Button component={Link} to="/import" variant="default">
            {t("import.more")}
          </Button>
        </div>
      )}
      <Outcomes file={file} />
    </Wizard>
  );
}

function Running({ file, label }: { file: Import; label: string }) {
  const { t } = useTranslation();
  const done = file.counts.create + file.counts.update + file.counts.skip + file.counts.error;
  const halt = useMutation({ mutationFn: () => stop(file), onError: (error) => toast(problemText(error, t), "denied") });
  return (
    <div className={classes.running}>
      <Progress label={label} done={done} total={file.rows} startedAt={file.updated_at} state="running" />
      <Button variant="default" size="compact-md" leftSection={<CircleStop size={15} />} loading={halt.isPending} onClick={() => halt.mutate()}>
        {t("import.stop")}
      </Button>
    </div>
  );
}
