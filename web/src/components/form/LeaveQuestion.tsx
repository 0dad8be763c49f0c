import { Button, Group, Stack } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Dialog } from "@/components/Dialog";

/** Asked before changes that were not saved are lost. */
export function LeaveQuestion({ opened, onStay, onLeave }: { opened: boolean; onStay: () => void; onLeave: () => void }) {
  const { t } = useTranslation();
  return (
    <Dialog opened={opened} onClose={onStay} title={t("form.leaveTitle")}>
      <Stack>
        {t("form.leaveText")}
        <Group justify="flex-end">
          <Button variant="default" onClick={onStay} data-autofocus>
            {t("form.stay")}
          </Button>
          <Button color="red.9" onClick={onLeave}>
            {t("form.leave")}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
