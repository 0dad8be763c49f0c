import { ActionIcon, Menu } from "@mantine/core";
import { Link, useSearch } from "@tanstack/react-router";
import { Ellipsis, FolderPlus, Pencil, Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, ifMatch, must } from "@/api/client";
import type { DeviceGroup } from "@/api/types";
import { useCan } from "@/app/me";
import { goTo } from "@/app/navigate";
import { Confirm } from "@/components/Confirm";
import { toast } from "@/components/toast";
import { trialOf } from "@/features/access/effects";
import { EffectOf } from "@/features/access/review";
import { renew, tree } from "./data";
import classes from "./Device.module.css";
import { GroupForm } from "./GroupForm";

type Open = { what: "new"; parent?: DeviceGroup } | { what: "edit"; group: DeviceGroup } | { what: "delete"; group: DeviceGroup };

/** The groups of devices as a tree: a click narrows the list. */
export function GroupTree({ groups }: { groups: DeviceGroup[] }) {
  const { t } = useTranslation();
  const manage = useCan()("admin.devices");
  const { group_id: chosen } = useSearch({ strict: false }) as { group_id?: string };
  const [open, setOpen] = useState<Open | null>(null);
  const close = () => setOpen(null);
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
      <ul>
        <li>
          <Link to="/devices" className={classes.group} aria-current={chosen ? undefined : "true"}>
            {t("device.all")}
          </Link>
        </li>
        {tree(groups).map(({ group, depth }) => (
          <li key={group.id}>
            <Link to="/devices" search={{ group_id: group.id } as never} className={classes.group} style={{ paddingInlineStart: 10 + depth * 16 }} aria-current={chosen === group.id ? "true" : undefined}>
              <span>
                {group.name}
                {depth === 0 && group.customer_name && group.customer_name !== group.name && <small>{group.customer_name}</small>}
              </span>
              <span className={classes.number}>{group.device_count > 0 ? group.device_count : ""}</span>
            </Link>
            {manage && (
              <Menu position="bottom-end" withinPortal>
                <Menu.Target>
                  <ActionIcon variant="subtle" color="gray" size={28} aria-label={t("device.groupEdit", { name: group.name })}>
                    <Ellipsis size={15} />
                  </ActionIcon>
                </Menu.Target>
                <Menu.Dropdown>
                  <Menu.Item leftSection={<Plus size={14} />} onClick={() => setOpen({ what: "new", parent: group })}>
                    {t("device.groupIn", { name: group.name })}
                  </Menu.Item>
                  <Menu.Item leftSection={<Pencil size={14} />} onClick={() => setOpen({ what: "edit", group })}>
                    {t("edit")}
                  </Menu.Item>
                  <Menu.Item color="red" leftSection={<Trash2 size={14} />} onClick={() => setOpen({ what: "delete", group })}>
                    {t("delete")}
                  </Menu.Item>
                </Menu.Dropdown>
              </Menu>
            )}
          </li>
        ))}
      </ul>
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
