import { ActionIcon, Menu, TextInput } from "@mantine/core";
import { Link, useSearch } from "@tanstack/react-router";
import { ChevronRight, Ellipsis, FolderPlus, Pencil, Plus, Search, Trash2 } from "lucide-react";
import { memo, useCallback, useDeferredValue, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, ifMatch, must } from "@/api/client";
import type { DeviceGroup } from "@/api/types";
import { useCan } from "@/app/me";
import { goTo } from "@/app/navigate";
import { Confirm } from "@/components/Confirm";
import { toast } from "@/components/toast";
import { trialOf } from "@/features/access/effects";
import { EffectOf } from "@/features/access/review";
import { type Placed, renew, standing, tree, wayTo } from "./data";
import classes from "./Device.module.css";
import { GroupForm } from "./GroupForm";

type Open = { what: "new"; parent?: DeviceGroup } | { what: "edit"; group: DeviceGroup } | { what: "delete"; group: DeviceGroup };

/** So many groups stand there at once; the others are found by typing. */
const most = 100;
/** A tree of up to so many groups is open from the start and needs no search. */
const few = 25;

/** The groups of devices as a tree: a click narrows the list. */
export function GroupTree({ groups }: { groups: DeviceGroup[] }) {
  const { t } = useTranslation();
  const manage = useCan()("admin.devices");
  const { group_id: chosen } = useSearch({ strict: false }) as { group_id?: string };
  const [open, setOpen] = useState<Open | null>(null);
  const close = () => setOpen(null);
  const [words, setWords] = useState("");
  const [turned, setTurned] = useState<Record<string, boolean>>({}); // what somebody opened or closed by hand
  const placed = useMemo(() => tree(groups), [groups]);
  const opened = useMemo(() => {
    const way = new Set(wayTo(groups, chosen));
    return new Set(groups.map((g) => g.id).filter((id) => turned[id] ?? (groups.length <= few || way.has(id))));
  }, [groups, chosen, turned]);
  const find = useDeferredValue(words); // the key that was pressed is shown first
  const rows = useMemo(() => standing(placed, opened, find), [placed, opened, find]);
  const turn = useCallback((id: string, to: boolean) => setTurned((was) => ({ ...was, [id]: to })), []);
  const doomed = open?.what === "delete" ? open.group : null;
  const remove = async (group: DeviceGroup) => {
    await must(api.DELETE("/api/device-groups/{id}", { params: { path: { id: group.id }, header: ifMatch(group.version) } }));
    renew();
    toast(t("deleted", { name: group.name }));
    if (chosen === group.id) {
      goTo("/devices");
    }
  };
  return (
    <nav className={classes.tree} aria-label={t("device.groups")}>
      <div className={classes.treeHead}>
        <h2>{t("device.groups")}</h2>
        {manage && (
          <ActionIcon variant="subtle" color="gray" size={32} aria-label={t("device.groupNew")} onClick={() => setOpen({ what: "new" })}>
            <FolderPlus size={17} />
          </ActionIcon>
        )}
      </div>
      {groups.length > few && (
        <TextInput size="sm" mb={6} type="search" aria-label={t("device.groupsFind")} placeholder={t("device.groupsFind")} leftSection={<Search size={14} />} value={words} onChange={(e) => setWords(e.currentTarget.value)} />
      )}
      <ul>
        <li>
          <span className={classes.leaf} />
          <Link
            to="/devices"
            search={((was: { sort?: string }) => ({ group_id: undefined, sort: was.sort })) as never}
            activeOptions={{ exact: true, includeSearch: true, explicitUndefined: true }}
            className={classes.group}
            aria-current={chosen ? undefined : "true"}
          >
            {t("device.all")}
          </Link>
        </li>
        <Rows rows={rows} opened={opened} chosen={chosen} manage={manage} turn={turn} choose={setOpen} />
      </ul>
      {rows.length > most && <p className={classes.none}>{t("device.groupsMore", { count: rows.length - most })}</p>}
      {find && rows.length === 0 && <p className={classes.none}>{t("device.groupsNotFound")}</p>}
      {groups.length === 0 && <p className={classes.none}>{t("device.groupsNone")}</p>}
      {open?.what === "new" && <GroupForm opened onClose={close} groups={groups} parent={open.parent} />}
      {open?.what === "edit" && <GroupForm opened onClose={close} groups={groups} group={open.group} />}
      {doomed && (
        <Confirm opened onClose={close} title={t("device.groupDelete", { name: doomed.name })} action={t("delete")} danger onConfirm={() => remove(doomed)}>
          {t("device.groupDeleteText", { name: doomed.name })}
          <EffectOf trial={trialOf("DELETE", `/api/device-groups/${doomed.id}`, { version: doomed.version })} />
        </Confirm>
      )}
    </nav>
  );
}

interface RowsProps {
  rows: Placed[];
  opened: Set<string>;
  chosen?: string;
  manage: boolean;
  turn: (id: string, to: boolean) => void;
  choose: (open: Open) => void;
}

const Rows = memo(function Rows({ rows, opened, chosen, manage, turn, choose }: RowsProps) {
  const { t } = useTranslation();
  return rows.slice(0, most).map((x) => {
    const { group, depth } = x;
    const open = opened.has(group.id);
    return (
      <li key={group.id}>
        {x.holds ? (
          <ActionIcon
            variant="subtle"
            color="gray"
            size={24}
            style={{ marginInlineStart: depth * 16 }}
            aria-expanded={open}
            aria-label={t("device.groupsIn", { name: group.name })}
            onClick={() => turn(group.id, !open)}
          >
            <ChevronRight size={15} className={classes.chevron} />
          </ActionIcon>
        ) : (
          <span className={classes.leaf} style={{ marginInlineStart: depth * 16 }} />
        )}
        <Link to="/devices" search={((was: { sort?: string }) => ({ group_id: group.id, sort: was.sort })) as never} className={classes.group} aria-current={chosen === group.id ? "true" : undefined}>
          <span>
            {group.name}
            {aside(x) && <small>{aside(x)}</small>}
          </span>
          <span className={classes.number}>{group.device_count > 0 ? group.device_count : ""}</span>
        </Link>
        {manage && <GroupMenu group={group} choose={choose} />}
      </li>
    );
  });
});

/** Of whom a group is, where its place does not say so. */
const aside = ({ group, depth }: Placed) => (depth === 0 && group.customer_name !== group.name ? group.customer_name : "");

/** What can be done with a group. The menu is made when it is opened: there can be many groups. */
function GroupMenu({ group, choose }: { group: DeviceGroup; choose: (open: Open) => void }) {
  const { t } = useTranslation();
  const [asked, setAsked] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const target = (
    <ActionIcon
      ref={button}
      variant="subtle"
      color="gray"
      size={28}
      aria-haspopup="menu"
      aria-label={t("device.groupEdit", { name: group.name })}
      onClick={asked ? undefined : () => setAsked(true)}
    >
      <Ellipsis size={15} />
    </ActionIcon>
  );
  if (!asked) {
    return target;
  }
  return (
    <Menu position="bottom-end" withinPortal defaultOpened onClose={() => button.current?.focus()}>
      <Menu.Target>{target}</Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<Plus size={14} />} onClick={() => choose({ what: "new", parent: group })}>
          {t("device.groupIn", { name: group.name })}
        </Menu.Item>
        <Menu.Item leftSection={<Pencil size={14} />} onClick={() => choose({ what: "edit", group })}>
          {t("edit")}
        </Menu.Item>
        <Menu.Item color="red" leftSection={<Trash2 size={14} />} onClick={() => choose({ what: "delete", group })}>
          {t("delete")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
