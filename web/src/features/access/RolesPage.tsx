import { Button, Kbd, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { Hourglass, KeyRound, Plus, Search, Waypoints } from "lucide-react";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Role } from "@/api/types";
import { useCan } from "@/app/me";
import { goTo } from "@/app/navigate";
import { useNew } from "@/app/useNew";
import { EmptyState } from "@/components/EmptyState";
import { ErrorState } from "@/components/ErrorState";
import { Forbidden } from "@/components/Forbidden";
import { GuardedButton } from "@/components/GuardedButton";
import { Loading } from "@/components/Loading";
import { useListKeys } from "@/components/list/useListKeys";
import { PageHeader } from "@/components/PageHeader";
import { plainName, purposes } from "./catalogue";
import { rolesQuery } from "./data";
import { RoleForm } from "./RoleForm";
import { RoleView, SystemMark } from "./RoleView";
import classes from "./Access.module.css";

/** The role manager: the roles on the left, the chosen one on the right; on a phone one after the other. */
export function RolesPage() {
  const { t } = useTranslation();
  const can = useCan();
  const { id } = useParams({ strict: false }) as { id?: string };
  const query = useQuery(rolesQuery);
  const [creating, setCreating] = useNew();
  if (!can("admin.roles") && !can("admin.technicians")) {
    return (
      <>
        <PageHeader title={t("nav.roles")} />
        <Forbidden permission="admin.roles" />
      </>
    );
  }
  const roles = query.data ?? [];
  // Where both have room, the first is there at once.
  const chosen = id ? roles.find((role) => role.id === id) : inOrder(roles)[0];
  return (
    <div className={classes.page} data-one={id ? true : undefined}>
      <PageHeader
        title={t("nav.roles")}
        text={t("rights.role.text")}
        actions={
          <>
          <Button component={Link} to="/roles/unused" variant="default" leftSection={<Hourglass size={16} />}>
            {t("use.title")}
          </Button>
          <Button component={Link} to="/access-graph" variant="default" leftSection={<Waypoints size={16} />}>
            {t("nav.graph")}
          </Button>
          <GuardedButton needs="admin.roles" leftSection={<Plus size={16} />} onClick={() => setCreating(true)}>
            {t("newRole")}
          </GuardedButton>
          </>
        }
      />
      {query.isPending ? (
        <Loading rows={8} height={44} />
      ) : query.isError ? (
        <ErrorState error={query.error} retry={() => void query.refetch()} />
      ) : (
        <div className={classes.panes}>
          <Roles roles={roles} chosen={chosen?.id} />
          <div className={classes.right}>{chosen ? <RoleView key={chosen.id} role={chosen} /> : <EmptyState icon={KeyRound} title={t("rights.role.missing")} />}</div>
        </div>
      )}
      {creating && <RoleForm opened onClose={() => setCreating(false)} onSaved={(role) => goTo(`/roles/${role.id}`)} />}
    </div>
  );
}

const place = (role: Role) => purposes.indexOf(role.purpose) * 2 + (role.system ? 1 : 0);

/** An organization's own roles come first within a purpose: those are the ones that are worked on. */
function inOrder(roles: readonly Role[]): Role[] {
  return roles.toSorted((a, b) => place(a) - place(b) || a.name.localeCompare(b.name));
}

function Roles({ roles, chosen }: { roles: readonly Role[]; chosen?: string }) {
  const { t } = useTranslation();
  const [search, setSearch] = useState("");
  const list = useRef<HTMLElement>(null);
  useListKeys(list);
  const found = inOrder(roles).filter((role) => `${role.name} ${role.description}`.toLowerCase().includes(search.trim().toLowerCase()));
  return (
    <nav className={classes.left} aria-label={t("rights.role.list")} ref={list}>
      <TextInput
        type="search"
        data-search
        aria-label={t("rights.role.find")}
        placeholder={t("rights.role.find")}
        leftSection={<Search size={15} aria-hidden="true" />}
        rightSection={
          <Kbd size="xs" aria-hidden="true">
            /
          </Kbd>
        }
        value={search}
        maxLength={100}
        onChange={(event) => setSearch(event.currentTarget.value)}
      />
      {found.length === 0 && <p className={classes.soft}>{t("rights.role.none")}</p>}
      {purposes.map((purpose) => {
        const some = found.filter((role) => role.purpose === purpose);
        return some.length === 0 ? null : (
          <div key={purpose}>
            <p className={classes.purpose}>{t(`rights.purpose.${purpose}`)}</p>
            <ul className={classes.roles}>
              {some.map((role) => (
                <li key={role.id} data-id={role.id}>
                  <Link to="/roles/$id" params={{ id: role.id }} data-row resetScroll={false} aria-current={role.id === chosen ? "true" : undefined}>
                    <span>
                      {role.system ? plainName(role.name) : role.name}
                      <small>{role.usage.grants === 0 ? t("rights.role.unused") : t("rights.role.usage", { count: role.usage.grants })}</small>
                    </span>
                    {role.system && <SystemMark />}
                  </Link>
                </li>
              ))}
            </ul>
          </div>
        );
      })}
    </nav>
  );
}
