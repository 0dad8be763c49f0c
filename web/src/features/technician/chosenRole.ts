/** A platform role as the API has it: one of the four, and the id of the organization’s own that counts instead of what comes with it. */
export interface Chosen {
  platform_role: string;
  platform_role_id: string;
}

/** What a choice among all platform roles says: one of the four by its name, or one of the organization’s own by its id, with what that is based on. */
export function chosenRole(key: string, before: Chosen, own: readonly { value: string; base: string }[]): Chosen {
  if (key === (before.platform_role_id || before.platform_role)) {
    return before;
  }
  const found = own.find((x) => x.value === key);
  return found ? { platform_role: found.base, platform_role_id: key } : { platform_role: key, platform_role_id: "" };
}
