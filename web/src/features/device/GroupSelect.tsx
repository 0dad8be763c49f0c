import { Select, type SelectProps } from "@mantine/core";
import { groupChoices, type Placed } from "./data";

/** One of the groups, found by typing: of many only the first hundred are offered at once. */
export function GroupSelect({ groups, ...props }: { groups: Placed[] } & Omit<SelectProps, "data">) {
  return <Select clearable searchable limit={100} data={groupChoices(groups)} {...props} />;
}
