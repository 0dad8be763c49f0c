import { Drawer } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import classes from "./Dialog.module.css";
import { useFocusBack } from "./useFocusBack";

interface Props {
  opened: boolean;
  onClose: () => void;
  title: string;
  position: "left" | "right";
  size?: number | string;
  closeOnEscape?: boolean;
  children: ReactNode;
}

/** A drawer over the side of the page. */
export function Sheet({ opened, onClose, title, position, size = "md", closeOnEscape = true, children }: Props) {
  const { t } = useTranslation();
  useFocusBack(opened);
  return (
    <Drawer.Root opened={opened} onClose={onClose} position={position} size={size} closeOnEscape={closeOnEscape}>
      <Drawer.Overlay backgroundOpacity={0.35} />
      <Drawer.Content>
        {/* Not Drawer.Header: a header element here would count as a second banner of the page. */}
        <div className={classes.head} data-sticky>
          <Drawer.Title className={classes.title}>{title}</Drawer.Title>
          <Drawer.CloseButton aria-label={t("close")} />
        </div>
        <Drawer.Body>{children}</Drawer.Body>
      </Drawer.Content>
    </Drawer.Root>
  );
}
