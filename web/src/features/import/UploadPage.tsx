import { useMutation } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useCan } from "@/app/me";
import { goTo } from "@/app/navigate";
import { NotFound } from "@/app/PageError";
import { Callout } from "@/components/Callout";
import { FileDrop } from "@/components/FileDrop";
import { Forbidden } from "@/components/Forbidden";
import { PageHeader } from "@/components/PageHeader";
import { problemText } from "@/components/problemText";
import { Wizard } from "@/components/Wizard";
import { isKind, type Kind, needs, upload } from "./data";
import { useSteps } from "./useSteps";

const maxBytes = 64 * 1024 * 1024;

/** The first step of an import: the file. */
export function UploadPage() {
  const can = useCan();
  const { kind } = useParams({ strict: false }) as { kind: string };
  if (!isKind(kind)) {
    return <NotFound />;
  }
  const lacking = ["admin.import", needs[kind]].find((permission) => !can(permission));
  return lacking ? <Forbidden permission={lacking} /> : <Upload key={kind} kind={kind} />;
}

function Upload({ kind }: { kind: Kind }) {
  const { t } = useTranslation();
  const steps = useSteps();
  const [file, setFile] = useState<File | null>(null);
  const send = useMutation({ mutationFn: (chosen: File) => upload(kind, chosen), onSuccess: (i) => goTo(`/import/${kind}/${i.id}`) });
  return (
    <>
      <PageHeader title={`${t("import.title")}: ${t(`import.kind.${kind}`)}`} />
      <Wizard steps={steps} current="file" title={t(`import.fileTitle.${kind}`)} text={t("import.fileText")} onBack={() => goTo("/import")}>
        <FileDrop
          label={t("import.drop")}
          hint={t("import.hint")}
          accept=".csv,.txt,.tsv,text/csv,text/plain,text/tab-separated-values,application/vnd.ms-excel"
          maxBytes={maxBytes}
          file={file}
          busy={send.isPending}
          onFile={(chosen) => {
            setFile(chosen);
            send.mutate(chosen);
          }}
        />
        {send.isError && (
          <Callout tone="denied" live="assertive">
            {problemText(send.error, t)}
          </Callout>
        )}
      </Wizard>
    </>
  );
}
