import { ActionIcon, Menu, Tooltip } from "@mantine/core";
import { Download, FileSpreadsheet, Printer } from "lucide-react";
import { useTranslation } from "react-i18next";

/** Takes a list out of the console: as a file with everything that matches, or on paper what is on screen. */
export function ExportMenu({ href, onExport }: { href?: string; onExport?: () => void }) {
  const { t } = useTranslation();
  return (
    <Menu position="bottom-end" width={260} withInitialFocusPlaceholder={false}>
      <Menu.Target>
        <Tooltip label={t("list.export")}>
          <ActionIcon variant="default" size={32} aria-label={t("list.export")}>
            <Download size={16} />
          </ActionIcon>
        </Tooltip>
      </Menu.Target>
      <Menu.Dropdown>
        {href && (
          <Menu.Item component="a" href={href} download leftSection={<FileSpreadsheet size={15} />}>
            {t("list.exportCsv")}
          </Menu.Item>
        )}
        {onExport && (
          <Menu.Item leftSection={<FileSpreadsheet size={15} />} onClick={onExport}>
            {t("list.exportCsv")}
          </Menu.Item>
        )}
        <Menu.Item leftSection={<Printer size={15} />} onClick={() => setTimeout(() => print())}>
          {t("list.print")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
