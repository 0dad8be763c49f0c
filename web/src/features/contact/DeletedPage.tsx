import { ActionIcon, Menu } from "@mantine/core";
import { Eraser, FileJson, MoreHorizontal, UserX } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import type { DeletedContact, Query } from "@/api/types";
import { useCan } from "@/app/me";
import { queries } from "@/app/services";
import { Confirm } from "@/components/Confirm";
import { Detail } from "@/components/Detail";
import { EmptyState } from "@/components/EmptyState";
import { Forbidden } from "@/components/Forbidden";
import { List } from "@/components/list/List";
import { RelativeTime } from "@/components/RelativeTime";
import { toast } from "@/components/toast";

/** Contacts who were deleted, for their data to be exported or erased after all. */
export function DeletedPage() {
  const { t } = useTranslation();
  const can = useCan();
  const [erasing, setErasing] = useState<DeletedContact | null>(null);
  if (!can("admin.settings")) {
    return <Forbidden permission="admin.settings" />;
  }
  const erase = async () => {
    if (erasing) {
      await must(api.POST("/api/deleted-contacts/{id}/erase", { params: { path: { id: erasing.id } }, body: { name: erasing.name } }));
      await queries.invalidateQueries();
      toast(t("person.erased"));
    }
  };
  return (
    <Detail back={{ to: "/contacts", label: t("nav.contacts") }} title={t("person.deleted")} subtitle={t("person.deletedText")}>
      <List
        label={t("person.deleted")}
        queryKey={["contacts", "deleted"]}
        load={(query: Query<"/api/deleted-contacts">, signal: AbortSignal) => must(api.GET("/api/deleted-contacts", { params: { query }, signal }))}
        rowId={(c) => c.id}
        secondary={(c) => [c.numbers[0] ?? c.emails[0], c.customer_name].filter(Boolean).join(" · ")}
        empty={<EmptyState icon={UserX} title={t("person.noneDeleted")} text={t("person.noneDeletedText")} />}
        columns={[
          { key: "name", header: t("contact.name"), cell: (c) => c.name },
          { key: "customer", header: t("customer.one"), hide: "phone", cell: (c) => c.customer_name },
          { key: "phone", header: t("contact.phone"), hide: "tablet", cell: (c) => c.numbers[0] },
          { key: "email", header: t("contact.email"), hide: "tablet", cell: (c) => c.emails[0] },
          { key: "at", header: t("person.deletedAt"), width: "150px", hide: "phone", cell: (c) => <RelativeTime at={c.deleted_at} /> },
          { key: "by", header: t("person.deletedBy"), width: "150px", hide: "tablet", cell: (c) => c.deleted_by },
          {
            key: "do",
            header: "",
            width: "56px",
            cell: (c) => (
              <Menu position="bottom-end" withinPortal>
                <Menu.Target>
                  <ActionIcon variant="subtle" color="gray" aria-label={t("person.actions", { name: c.name })}>
                    <MoreHorizontal size={16} />
                  </ActionIcon>
                </Menu.Target>
                <Menu.Dropdown>
                  <Menu.Item component="a" href={`/api/deleted-contacts/${c.id}/personal-data`} download leftSection={<FileJson size={15} />}>
                    {t("person.export")}
                  </Menu.Item>
                  <Menu.Item color="red" leftSection={<Eraser size={15} />} onClick={() => setErasing(c)}>
                    {t("person.erase")}
                  </Menu.Item>
                </Menu.Dropdown>
              </Menu>
            ),
          },
        ]}
      />
      <Confirm opened={erasing !== null} onClose={() => setErasing(null)} title={t("person.erase")} action={t("person.eraseNow")} typed={erasing?.name} onConfirm={erase}>
        {t("person.eraseDeletedText", { name: erasing?.name })}
      </Confirm>
    </Detail>
  );
}
