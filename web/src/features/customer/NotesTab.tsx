import { NotebookPen } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Card } from "@/components/Card";
import { EmptyState } from "@/components/EmptyState";
import { GuardedButton } from "@/components/GuardedButton";
import classes from "./Customer.module.css";

/** What the staff should know about a customer. */
export function NotesTab({ notes, onEdit }: { notes: string; onEdit: () => void }) {
  const { t } = useTranslation();
  const edit = (
    <GuardedButton needs="customer.edit" variant="default" size="compact-sm" onClick={onEdit}>
      {t("edit")}
    </GuardedButton>
  );
  return (
    <Card title={t("customer.notes")} actions={notes && edit}>
      {notes ? <p className={classes.text}>{notes}</p> : <EmptyState icon={NotebookPen} title={t("customer.noNotes")} text={t("customer.notesHelp")} action={edit} compact />}
    </Card>
  );
}
