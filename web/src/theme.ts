import { createTheme, darken, type CSSVariablesResolver } from '@mantine/core';

const closeButton = { defaultProps: { closeButtonProps: { 'aria-label': 'Close' } } };

export const theme = createTheme({
  primaryColor: 'indigo',
  // One shade darker than usual: white on it, and it on white, must be read with weak eyes too.
  primaryShade: { light: 7, dark: 8 },
  defaultRadius: 'md',
  cursorType: 'pointer',
  autoContrast: true,
  respectReducedMotion: true,
  components: {
    // In a text a link must not be known by its colour alone.
    Anchor: { defaultProps: { underline: 'always' } },
    Modal: closeButton,
    Drawer: closeButton,
    Notification: closeButton,
  },
});

const tinted = ['red', 'pink', 'violet', 'indigo', 'blue', 'cyan', 'teal', 'green', 'lime', 'yellow', 'orange', 'gray'];

/** Small text has a contrast of 4.5 at least (WCAG AA), on the tints of badges and notes as well. */
export const contrastColors: CSSVariablesResolver = ({ colors }) => ({
  variables: {},
  light: {
    '--mantine-color-dimmed': colors.gray[7],
    '--mantine-color-anchor': colors.indigo[8],
    '--mantine-color-error': colors.red[9],
    ...Object.fromEntries(
      tinted.map((name) => [`--mantine-color-${name}-light-color`, darken(colors[name]?.[9] ?? '#000', 0.3)]),
    ),
  },
  dark: { '--mantine-color-dimmed': colors.dark[1], '--mantine-color-error': colors.red[4] },
});
