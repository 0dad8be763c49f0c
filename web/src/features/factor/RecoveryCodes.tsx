import { Button } from "@mantine/core";
import { Check, Copy, Download, Printer } from "lucide-react";
import { useState } from "react";
import { createPortal } from "react-dom";
import { useTranslation } from "react-i18next";
import { useMe } from "@/app/me";
import { downloadText } from "@/components/file";
import { longDate } from "./data";
import classes from "./Factor.module.css";
import { recoveryFile } from "./recoveryFile";

/** Recovery codes, shown this once, with the ways to keep them. */
export function RecoveryCodes({ codes }: { codes: string[] }) {
  const { t, i18n } = useTranslation();
  const me = useMe();
  const [copied, setCopied] = useState(false);
  const [made] = useState(() => new Date());
  const date = longDate(made, i18n.language);
  const title = t("factor.fileTitle");
  const about = t("factor.fileFor", { email: me?.technician.email ?? "", host: location.host, date });
  const copy = async () => {
    await navigator.clipboard.writeText(codes.join("\n"));
    setCopied(true);
    setTimeout(() => setCopied(false), 2000);
  };
  const download = () => downloadText(recoveryFile(title, about, codes), "countersign-recovery-codes.txt", "text/plain;charset=utf-8");
  return (
    <div className={classes.form}>
      <Codes codes={codes} />
      {createPortal(
        <div className={classes.paper}>
          <h1>{title}</h1>
          <p>{about}</p>
          <Codes codes={codes} />
        </div>,
        document.body,
      )}
      <div className={classes.buttons}>
        {navigator.clipboard && (
          <Button variant="default" size="compact-sm" leftSection={copied ? <Check size={14} /> : <Copy size={14} />} onClick={() => void copy()}>
            {copied ? t("copied") : t("factor.copyAll")}
          </Button>
        )}
        <Button variant="default" size="compact-sm" leftSection={<Download size={14} />} onClick={download}>
          {t("factor.download")}
        </Button>
        <Button variant="default" size="compact-sm" leftSection={<Printer size={14} />} onClick={() => window.print()}>
          {t("factor.print")}
        </Button>
      </div>
    </div>
  );
}

function Codes({ codes }: { codes: string[] }) {
  const { t } = useTranslation();
  return (
    <ol className={classes.codes} aria-label={t("factor.recovery")}>
      {codes.map((code) => (
        <li key={code} className="cs-code">
          {code}
        </li>
      ))}
    </ol>
  );
}
