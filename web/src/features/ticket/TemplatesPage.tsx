import { Button, Select, Textarea, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Pencil, Plus, Trash2, Zap } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, ifMatch, must } from "@/api/client";
import type { TicketTemplate } from "@/api/types";
import { useCan } from "@/app/me";
import { queries } from "@/app/services";
import { Card } from "@/components/Card";
import { Confirm } from "@/components/Confirm";
import { Detail } from "@/components/Detail";
import { EmptyState } from "@/components/EmptyState";
import { ErrorState } from "@/components/ErrorState";
import { Forbidden } from "@/components/Forbidden";
import { FormDrawer } from "@/components/form/FormDrawer";
import { GuardedButton } from "@/components/GuardedButton";
import { Loading } from "@/components/Loading";
import { toast } from "@/components/toast";
import { templatesQuery } from "./data";
import { Priority, priorities } from "./Priority";
import classes from "./Templates.module.css";

const renew = () => queries.invalidateQueries({ queryKey: templatesQuery.queryKey });

/** The quick tickets: what customers ask again and again, written once. */
export function TemplatesPage() {
  const { t } = useTranslation();
  const may = useCan()("admin.templates");
  const query = useQuery({ ...templatesQuery, enabled: may });
  const [edited, setEdited] = useState<TicketTemplate | "new" | null>(null);
  const [deleting, setDeleting] = useState<TicketTemplate | null>(null);
  if (!may) {
    return <Forbidden permission="admin.templates" />;
  }
  const add = (
    <GuardedButton needs="admin.templates" leftSection={<Plus size={16} />} onClick={() => setEdited("new")}>
      {t("template.new")}
    </GuardedButton>
  );
  return (
    <>
      <Detail back={{ to: "/tickets", label: t("nav.tickets") }} title={t("template.title")} subtitle={t("template.text")} actions={add}>
        {query.isPending ? (
          <Loading rows={4} height={56} />
        ) : query.isError ? (
          <ErrorState error={query.error} retry={() => void query.refetch()} />
        ) : query.data.length === 0 ? (
          <EmptyState icon={Zap} title={t("template.none")} text={t("template.noneText")} action={add} />
        ) : (
          <Card flush>
            <ul className={classes.items}>
              {query.data.map((x) => (
                <li key={x.id}>
                  <div>
                    <strong>{x.name}</strong>
                    <small>{x.summary}</small>
                  </div>
                  <Priority value={x.priority} />
                  <Button variant="default" size="compact-sm" leftSection={<Pencil size={13} />} aria-label={t("template.editOne", { name: x.name })} onClick={() => setEdited(x)}>
                    {t("edit")}
                  </Button>
                  <Button variant="subtle" color="red" size="compact-sm" leftSection={<Trash2 size={13} />} aria-label={t("template.deleteOne", { name: x.name })} onClick={() => setDeleting(x)}>
                    {t("delete")}
                  </Button>
                </li>
              ))}
            </ul>
          </Card>
        )}
      </Detail>
      <TemplateForm key={edited === null || edited === "new" ? "new" : `${edited.id} ${edited.version}`} template={edited} onClose={() => setEdited(null)} />
      <Confirm
        opened={deleting !== null}
        onClose={() => setDeleting(null)}
        title={t("template.delete")}
        action={t("delete")}
        onConfirm={async () => {
          if (deleting) {
            await must(api.DELETE("/api/ticket-templates/{id}", { params: { path: { id: deleting.id }, header: ifMatch(deleting.version) } as never }));
            await renew();
            toast(t("deleted", { name: deleting.name }));
          }
        }}
      >
        {t("template.deleteText", { name: deleting?.name ?? "" })}
      </Confirm>
    </>
  );
}

function TemplateForm({ template, onClose }: { template: TicketTemplate | "new" | null; onClose: () => void }) {
  const { t } = useTranslation();
  const known = template === "new" ? null : template;
  const initial = { name: known?.name ?? "", summary: known?.summary ?? "", description: known?.description ?? "", priority: known?.priority ?? ("normal" as const) };
  return (
    <FormDrawer
      opened={template !== null}
      onClose={onClose}
      title={known ? t("template.edit") : t("template.new")}
      required={{ name: t("template.name"), summary: t("ticket.summary") }}
      initial={initial}
      onSave={async (values, changed) => {
        const saved = known
          ? await must(api.PATCH("/api/ticket-templates/{id}", { params: { path: { id: known.id }, header: ifMatch(known.version) } as never, body: changed as never }))
          : await must(api.POST("/api/ticket-templates", { body: values }));
        await renew();
        toast(t("saved", { name: saved.name }));
      }}
    >
      {(form) => (
        <>
          <TextInput label={t("template.name")} description={t("template.nameHelp")} required maxLength={100} data-autofocus {...form.getInputProps("name")} />
          <TextInput label={t("ticket.summary")} required maxLength={200} {...form.getInputProps("summary")} />
          <Textarea label={t("ticket.description")} autosize minRows={4} maxRows={14} {...form.getInputProps("description")} />
          <Select label={t("ticket.priority")} data={priorities.map((value) => ({ value, label: t(`priority.${value}`) }))} allowDeselect={false} {...form.getInputProps("priority")} />
        </>
      )}
    </FormDrawer>
  );
}
