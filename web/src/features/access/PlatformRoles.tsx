import { ActionIcon, Group } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Pencil, Plus, Trash2, UserCog } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Card } from "@/components/Card";
import { Confirm } from "@/components/Confirm";
import { EmptyState } from "@/components/EmptyState";
import { ErrorState } from "@/components/ErrorState";
import { GuardedButton } from "@/components/GuardedButton";
import { Loading } from "@/components/Loading";
import { useCatalogue } from "./data";
import { PlatformRoleForm } from "./PlatformRoleForm";
import { deletePlatformRole, type PlatformRole, platformRolesQuery } from "./platformRoles";
import classes from "./Access.module.css";

/** The platform roles that the organization made itself. */
export function PlatformRoles() {
  const { t } = useTranslation();
  const query = useQuery(platformRolesQuery);
  const catalogue = useCatalogue();
  const [editing, setEditing] = useState<PlatformRole | "new" | null>(null);
  const [ending, setEnding] = useState<PlatformRole | null>(null);
  return (
    <Card
      title={t("settings.platformRoles")}
      flush
      actions={
        <GuardedButton needs="admin.roles" disabled={!catalogue.data} size="compact-sm" variant="default" leftSection={<Plus size={14} />} onClick={() => setEditing("new")}>
          {t("rights.base.new")}
        </GuardedButton>
      }
    >
      <p className={`${classes.pad} ${classes.soft}`}>{t("rights.base.text")}</p>
      {query.isPending ? (
        <div className={classes.pad}>
          <Loading rows={2} height={44} />
        </div>
      ) : query.isError ? (
        <ErrorState error={query.error} retry={() => void query.refetch()} compact />
      ) : query.data.length === 0 ? (
        <EmptyState icon={UserCog} title={t("rights.base.none")} text={t("rights.base.noneText")} compact />
      ) : (
        <ul className={classes.rows}>
          {query.data.map((role) => (
            <Row key={role.id} role={role} onEdit={() => setEditing(role)} onEnd={() => setEnding(role)} />
          ))}
        </ul>
      )}
      {editing && catalogue.data && <PlatformRoleForm catalogue={catalogue.data} role={editing === "new" ? undefined : editing} onClose={() => setEditing(null)} />}
      {ending && (
        <Confirm opened onClose={() => setEnding(null)} title={t("rights.base.delete")} action={t("rights.base.delete")} onConfirm={() => deletePlatformRole(ending)}>
          {t("rights.base.deleteText", { name: ending.name })}
        </Confirm>
      )}
    </Card>
  );
}

function Row({ role, onEdit, onEnd }: { role: PlatformRole; onEdit: () => void; onEnd: () => void }) {
  const { t } = useTranslation();
  return (
    <li>
      <div>
        <strong>{role.name}</strong>
        {role.description && <p className={classes.soft}>{role.description}</p>}
        <p className={classes.soft}>
          {t("rights.base.basedOnOne", { role: t(`role.${role.based_on}`) })} · {t(`rights.base.reach.${role.customers}`)} · {t("rights.chosen", { count: role.permissions.length })} ·{" "}
          {role.people === 0 ? t("rights.base.nobody") : <Link to="/technicians" search={{ role: role.id } as never}>{t("rights.base.people", { count: role.people })}</Link>}
        </p>
      </div>
      <Group gap={4} wrap="nowrap">
        <ActionIcon variant="subtle" color="gray" aria-label={`${t("rights.base.edit")}: ${role.name}`} onClick={onEdit}>
          <Pencil size={16} />
        </ActionIcon>
        <ActionIcon variant="subtle" color="gray" aria-label={`${t("rights.base.delete")}: ${role.name}`} disabled={role.people > 0} onClick={onEnd}>
          <Trash2 size={16} />
        </ActionIcon>
      </Group>
    </li>
  );
}
