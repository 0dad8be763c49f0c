import { Button } from "@mantine/core";
import { FileUp } from "lucide-react";
import { useId, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { fileSize, fileTrouble } from "./file";
import classes from "./FileDrop.module.css";

interface Props {
  label: string;
  /** What is taken, as of an input: `.csv,text/csv`. */
  accept: string;
  maxBytes: number;
  hint?: string;
  file?: File | null;
  busy?: boolean;
  onFile: (file: File) => void;
}

/** Takes one file, by drop or by choice. What cannot be used is refused here, with the reason. */
export function FileDrop({ label, accept, maxBytes, hint, file, busy, onFile }: Props) {
  const { t, i18n } = useTranslation();
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const [trouble, setTrouble] = useState<string | null>(null);
  const id = useId();
  const take = (found: FileList | null | undefined) => {
    const chosen = found?.[0];
    if (!chosen) {
      return;
    }
    const why = found.length > 1 ? "several" : fileTrouble(chosen, accept, maxBytes);
    setTrouble(why && t(`file.${why}`, { size: fileSize(maxBytes, i18n.language), accept }));
    if (!why) {
      onFile(chosen);
    }
  };
  return (
    <div
      className={classes.drop}
      data-over={over || undefined}
      role="group"
      aria-labelledby={`${id}-label`}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        take(event.dataTransfer.files);
      }}
    >
      <FileUp size={24} aria-hidden="true" />
      <p id={`${id}-label`} className={classes.label}>
        {file ? `${file.name} · ${fileSize(file.size, i18n.language)}` : label}
      </p>
      {hint && <p className={classes.hint}>{hint}</p>}
      <input
        ref={input}
        type="file"
        accept={accept}
        hidden
        onChange={(event) => {
          take(event.currentTarget.files);
          event.currentTarget.value = "";
        }}
      />
      <Button variant="default" loading={busy} onClick={() => input.current?.click()}>
        {file ? t("file.other") : t("file.choose")}
      </Button>
      <p className={classes.trouble} role="alert">
        {trouble}
      </p>
    </div>
  );
}
