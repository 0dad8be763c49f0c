import { Button, Group, Switch, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Check, ChevronLeft, Copy, KeyRound, Lock, Minus, Pencil, Search, Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Role } from "@/api/types";
import { useCan } from "@/app/me";
import { goTo } from "@/app/navigate";
import { useRecentPlace } from "@/app/recent";
import { Callout } from "@/components/Callout";
import { Confirm } from "@/components/Confirm";
import { EmptyState } from "@/components/EmptyState";
import { ErrorState } from "@/components/ErrorState";
import { GuardedButton } from "@/components/GuardedButton";
import { Loading } from "@/components/Loading";
import { Badge } from "@/components/StateBadge";
import { toast } from "@/components/toast";
import { useTitle } from "@/components/useTitle";
import { categoriesOf, heldBy, matching } from "./catalogue";
import { deleteRole, roleEndTrial, unusedOfRoleQuery, useCatalogue, useSensitive } from "./data";
import { SensitiveMark } from "./PermissionPicker";
import { EffectOf, useSeesEffects } from "./review";
import { RoleForm } from "./RoleForm";
import { type Known, narrowed, UnusedMark, UnusedOfRole } from "./UnusedOfRole";
import classes from "./Access.module.css";

/** One role: what it is for, what it holds, and who has it. */
export function RoleView({ role }: { role: Role }) {
  const { t } = useTranslation();
  const may = useCan()("admin.roles");
  const [open, setOpen] = useState<"edit" | "copy" | "narrower" | "delete" | null>(null);
  useTitle(role.name);
  useRecentPlace(role.name);
  const sees = useSeesEffects();
  const known = useQuery({ ...unusedOfRoleQuery(role), enabled: sees }).data;
  const narrower = narrowed(role, known?.unused ?? []);
  const close = () => setOpen(null);
  const remove = async () => {
    await deleteRole(role);
    goTo("/roles");
    toast(t("deleted", { name: role.name }));
  };
  const { technicians, teams, grants } = role.usage;
  const holders = [...(technicians > 0 ? [t("rights.role.technicians", { count: technicians })] : []), ...(teams > 0 ? [t("rights.role.teams", { count: teams })] : [])];
  return (
    <section className={classes.view} aria-labelledby="role-name">
      <Link to="/roles" className={classes.back}>
        <ChevronLeft size={15} aria-hidden="true" />
        {t("rights.role.back")}
      </Link>
      <header className={classes.head}>
        <div>
          <h2 id="role-name" className={classes.name}>
            {role.name}
          </h2>
          <p className={classes.soft}>
            {t(`rights.purpose.${role.purpose}`)}
            {" · "}
            {holders.length === 0 ? t("rights.role.unused") : t("rights.role.usedBy", { whom: holders.join(", ") })}
          </p>
        </div>
        <Group gap={8}>
          {!role.system && (
            <GuardedButton needs="admin.roles" variant="default" leftSection={<Pencil size={15} />} onClick={() => setOpen("edit")}>
              {t("edit")}
            </GuardedButton>
          )}
          <GuardedButton needs="admin.roles" variant="default" leftSection={<Copy size={15} />} onClick={() => setOpen("copy")}>
            {t("rights.role.copy")}
          </GuardedButton>
        </Group>
      </header>
      {role.description && <p className={classes.text}>{role.description}</p>}
      {role.system && <Callout tone="neutral">{t("rights.role.systemText")}</Callout>}
      {known && <UnusedOfRole {...known} narrows={narrower.length > 0 && narrower.length < role.permissions.length} onNarrow={() => setOpen("narrower")} />}
      <Held role={role} known={known ?? undefined} />
      {may && !role.system && (
        <Button variant="subtle" color="red" className={classes.delete} leftSection={<Trash2 size={15} />} onClick={() => setOpen("delete")}>
          {t("rights.role.delete")}
        </Button>
      )}
      <RoleForm key={`${role.id} ${role.version} ${open}`} opened={open === "edit" || open === "copy" || open === "narrower"} onClose={close} role={role} copy={open !== "edit"} narrower={open === "narrower" ? narrower : undefined} onSaved={(saved) => goTo(`/roles/${saved.id}`)} />
      <Confirm opened={open === "delete"} onClose={close} title={t("rights.role.delete")} action={t("delete")} typed={role.name} onConfirm={remove}>
        {t("rights.role.deleteText", { name: role.name })} {grants === 0 ? t("rights.role.deleteUnused") : t("rights.role.deleteGrants", { count: grants })}
        <EffectOf trial={roleEndTrial(role)} />
      </Confirm>
    </section>
  );
}

/** What a role holds, by category; and on demand what it could hold. */
function Held({ role, known }: { role: Role; known?: Known }) {
  const { t } = useTranslation();
  const query = useCatalogue();
  const isSensitive = useSensitive();
  const [search, setSearch] = useState("");
  const [onlyHeld, setOnlyHeld] = useState(true);
  const unused = new Set(known?.unused.map((right) => right.permission));
  if (query.isPending) {
    return <Loading rows={8} height={36} />;
  }
  if (query.isError) {
    return <ErrorState error={query.error} retry={() => void query.refetch()} compact />;
  }
  const able = query.data.filter((p) => p.purpose === role.purpose);
  const held = new Set(heldBy(role.permissions, able).map((p) => p.name));
  const shown = matching(able, search).filter((p) => !onlyHeld || held.has(p.name));
  return (
    <>
      <div className={classes.tools}>
        <TextInput
          type="search"
          aria-label={t("rights.search")}
          placeholder={t("rights.search")}
          leftSection={<Search size={15} aria-hidden="true" />}
          value={search}
          maxLength={100}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
        <Switch label={t("rights.onlyHeld")} checked={onlyHeld} onChange={(event) => setOnlyHeld(event.currentTarget.checked)} />
        <p className={classes.soft}>{t("rights.catalogueText", { held: held.size, count: able.length })}</p>
      </div>
      {held.size === 0 && onlyHeld && search === "" ? (
        <EmptyState icon={KeyRound} title={t("rights.role.noPermissions")} text={t("rights.role.noPermissionsText")} compact />
      ) : (
        shown.length === 0 && <p className={classes.soft}>{t("rights.found.none")}</p>
      )}
      {categoriesOf(shown).map((category) => (
        <section key={category.key} className={classes.held} aria-label={category.title}>
          <h3>{category.title}</h3>
          <ul>
            {category.permissions.map((p) => (
              <li key={p.name} data-held={held.has(p.name) || undefined}>
                {held.has(p.name) ? <Check size={16} aria-label={t("rights.held")} /> : <Minus size={16} aria-label={t("rights.lacks")} />}
                <div>
                  <strong>{p.title}</strong> {(isSensitive(p) || role.sensitive_permissions.includes(p.name)) && <SensitiveMark />}
                  <small>{p.description}</small>
                  {known && unused.has(p.name) && <UnusedMark since={known.since} />}
                </div>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </>
  );
}

/** The mark of a role that comes with Countersign. */
export function SystemMark() {
  const { t } = useTranslation();
  return (
    <Badge tone="neutral" icon={Lock}>
      {t("rights.role.system")}
    </Badge>
  );
}
