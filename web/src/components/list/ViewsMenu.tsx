import { ActionIcon, Button, Menu, Stack, TextInput } from "@mantine/core";
import { Bookmark, Check, ChevronDown, Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Dialog } from "@/components/Dialog";
import { sameSearch, withoutView, withView, type View } from "./views";
import classes from "./List.module.css";

interface Props {
  views: readonly View[];
  /** The search, the filters and the sort as they are now. */
  now: Record<string, string>;
  onOpen: (search: Record<string, string>) => void;
  onChange: (views: View[]) => void;
}

/** Searches with filters and sort that a person keeps under a name. */
export function ViewsMenu({ views, now, onOpen, onChange }: Props) {
  const { t } = useTranslation();
  const [naming, setNaming] = useState(false);
  const current = views.find((v) => sameSearch(v.search, now));
  return (
    <>
      <Menu position="bottom-end" width={260} withInitialFocusPlaceholder={false}>
        <Menu.Target>
          <Button
            variant="default"
            size="xs"
            h={32}
            leftSection={<Bookmark size={15} />}
            rightSection={<ChevronDown size={13} />}
            className={classes.views}
          >
            {current?.name ?? t("list.views")}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {views.map((view) => (
            <div key={view.name} className={classes.view}>
              <Menu.Item onClick={() => onOpen(view.search)} rightSection={view === current ? <Check size={14} aria-label={t("own.chosen")} /> : null}>
                {view.name}
              </Menu.Item>
              <ActionIcon variant="subtle" color="gray" size={30} aria-label={t("list.viewDelete", { name: view.name })} onClick={() => onChange(withoutView(views, view.name))}>
                <Trash2 size={14} />
              </ActionIcon>
            </div>
          ))}
          {views.length === 0 && <p className={classes.noViews}>{t("list.viewsNone")}</p>}
          <Menu.Divider />
          <Menu.Item disabled={Object.keys(now).length === 0} onClick={() => setNaming(true)}>
            {t("list.viewSave")}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Dialog opened={naming} onClose={() => setNaming(false)} title={t("list.viewSave")}>
        <Naming
          onName={(name) => {
            onChange(withView(views, { name, search: now }));
            setNaming(false);
          }}
        />
      </Dialog>
    </>
  );
}

function Naming({ onName }: { onName: (name: string) => void }) {
  const { t } = useTranslation();
  const [name, setName] = useState("");
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (name.trim()) {
          onName(name.trim());
        }
      }}
    >
      <Stack>
        <TextInput data-autofocus label={t("list.viewName")} description={t("list.viewHelp")} maxLength={60} value={name} onChange={(e) => setName(e.currentTarget.value)} />
        <Button type="submit" disabled={!name.trim()} style={{ justifySelf: "end" }}>
          {t("save")}
        </Button>
      </Stack>
    </form>
  );
}
