import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from "@mantine/core";

const signal: MantineColorsTuple = [
  "#eef1fd", "#dbe2fa", "#b7c5f4", "#91a8ff", "#6c88ef", "#4a69e3", "#2f52d6", "#2645bb", "#1f3899", "#182b76",
];
const ink: MantineColorsTuple = [
  "#e9e7e2", "#c9ccd3", "#a6abb7", "#747b8b", "#3a4150", "#2a303d", "#181c25", "#11141b", "#0d1016", "#080a0e",
];
const paper: MantineColorsTuple = [
  "#faf9f6", "#f6f4ef", "#efece5", "#e0dcd2", "#cfcbc1", "#aba79d", "#6b6961", "#555b68", "#343946", "#1c2230",
];

/** The console's theme. Colours that carry meaning are CSS variables in tokens.css. */
export const theme = createTheme({
  primaryColor: "signal",
  primaryShade: { light: 6, dark: 5 },
  colors: { signal, gray: paper, dark: ink },
  black: "#1c2230",
  white: "#fffefc",
  defaultRadius: "md",
  fontFamily: '"Inter Variable", system-ui, -apple-system, "Segoe UI", sans-serif',
  headings: { fontFamily: '"Inter Variable", system-ui, sans-serif', fontWeight: "640" },
  fontSizes: { xs: "0.75rem", sm: "0.875rem", md: "0.875rem", lg: "1rem", xl: "1.125rem" },
  cursorType: "pointer",
  respectReducedMotion: true,
  components: {
    Button: { defaultProps: { size: "sm" } },
    TextInput: { defaultProps: { size: "sm" } },
    Tooltip: { defaultProps: { openDelay: 300, withArrow: true, multiline: true, maw: 320, events: { hover: true, focus: true, touch: true } } },
  },
});

const shared = {
  "--mantine-color-body": "var(--cs-paper)",
  "--mantine-color-text": "var(--cs-ink)",
  "--mantine-color-dimmed": "var(--cs-ink-soft)",
  "--mantine-color-placeholder": "var(--cs-ink-soft)",
  "--mantine-color-default": "var(--cs-surface)",
  "--mantine-color-default-border": "var(--cs-line)",
  "--mantine-color-anchor": "var(--cs-signal)",
  "--mantine-color-error": "var(--cs-denied)",
};

/** Points Mantine's own variables at ours, so that both schemes are set in one place. */
export const variables: CSSVariablesResolver = () => ({ variables: {}, light: shared, dark: shared });
