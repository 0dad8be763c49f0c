import { Button, Menu } from "@mantine/core";
import { ChevronUp } from "lucide-react";
import { Fragment, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Technician } from "@/api/types";
import { useCan } from "@/app/me";
import type { Selection } from "@/components/list/BulkBar";
import { type BulkAction, groups, isDangerous } from "./bulk";
import { BulkDialog } from "./BulkDialog";

/** What can be done with the chosen technicians. */
export function BulkActions({ selection }: { selection: Selection<Technician> }) {
  const { t } = useTranslation();
  const can = useCan();
  const [action, setAction] = useState<BulkAction | null>(null);
  if (!can("admin.technicians")) {
    return null;
  }
  return (
    <>
      <Menu position="top-end" width={280} withInitialFocusPlaceholder={false}>
        <Menu.Target>
          <Button size="compact-md" rightSection={<ChevronUp size={14} />}>
            {t("bulk.actions")}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {Object.entries(groups).map(([group, actions], i) => (
            <Fragment key={group}>
              {i > 0 && <Menu.Divider />}
              {actions.map((each) => (
                <Menu.Item key={each} color={isDangerous(each) ? "red.9" : undefined} onClick={() => setAction(each)}>
                  {t(`bulk.action.${each}`)}
                </Menu.Item>
              ))}
            </Fragment>
          ))}
        </Menu.Dropdown>
      </Menu>
      <BulkDialog selection={selection} action={action} onClose={() => setAction(null)} />
    </>
  );
}
