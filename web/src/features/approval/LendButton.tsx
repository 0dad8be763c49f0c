import { Button, type ButtonProps } from "@mantine/core";
import { Hourglass } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Place } from "@/api/types";
import { LendForm } from "./LendForm";

interface Props extends ButtonProps {
  on?: Place;
  permission?: string;
}

/** Opens the question for access for a while. */
export function LendButton({ on, permission, ...button }: Props) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button variant="default" leftSection={<Hourglass size={15} />} {...button} onClick={() => setOpen(true)}>
        {t("approval.lend.open")}
      </Button>
      {open && <LendForm on={on} permission={permission} onClose={() => setOpen(false)} />}
    </>
  );
}
