import { Select, type SelectProps } from "@mantine/core";
import { useMemo } from "react";
import { groupChoices, type Placed } from "./data";

/** One of the groups, found by typing: of many only the first hundred are offered at once. */
export function GroupSelect({ groups, ...props }: { groups: Placed[] } & Omit<SelectProps, "data">) {
  const data = useMemo(() => groupChoices(groups), [groups]);
  return <Select clearable searchable limit={100} data={data} {...props} />;
}
