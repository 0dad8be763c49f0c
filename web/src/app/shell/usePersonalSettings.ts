import { useMantineColorScheme } from "@mantine/core";
import { useEffect } from "react";
import { useMe } from "@/app/me";
import { speak } from "@/i18n";

/** Takes over language and theme from the person's profile, on whatever computer they sit. */
export function usePersonalSettings(): void {
  const me = useMe();
  const { setColorScheme } = useMantineColorScheme();
  const theme = me?.technician.theme;
  const locale = me?.technician.locale || me?.organization.locale;
  useEffect(() => {
    if (theme) {
      setColorScheme(theme);
    }
  }, [theme, setColorScheme]);
  useEffect(() => {
    if (locale) {
      void speak(locale);
    }
  }, [locale]);
}
