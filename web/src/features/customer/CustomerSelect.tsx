import type { SelectProps } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { type Choice, RemoteSelect } from "@/components/form/RemoteSelect";
import { customerChoices } from "./data";

interface Props extends Omit<SelectProps, "data" | "value" | "onChange"> {
  value: string | null;
  known?: Choice | null;
  onChange: (id: string | null) => void;
}

/** A choice among the customers. */
export function CustomerSelect(props: Props) {
  const { t } = useTranslation();
  return <RemoteSelect placeholder={t("customer.choose")} {...props} queryKey={["customers"]} load={customerChoices} />;
}
