import { Button, Group } from "@mantine/core";
import { type ReactNode, useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { Steps } from "./Steps";
import classes from "./Wizard.module.css";

interface Props {
  steps: readonly { key: string; title: string }[];
  current: string;
  /** Where a step that is over leads back to. */
  onStep?: (key: string) => void;
  title: string;
  text?: ReactNode;
  children: ReactNode;
  onBack?: () => void;
  /** Goes on; its label says to what. Without it the content has its own way on, for instance a form. */
  next?: { label: string; run: () => void; disabled?: boolean; busy?: boolean };
  onSkip?: () => void;
}

/** A page that leads through something in order: where one is, one thing to do, back, skip and on. */
export function Wizard({ steps, current, onStep, title, text, children, onBack, next, onSkip }: Props) {
  const { t } = useTranslation();
  const heading = useRef<HTMLHeadingElement>(null);
  const before = useRef(current);
  useEffect(() => {
    if (before.current !== current) {
      before.current = current;
      heading.current?.focus();
    }
  }, [current]);
  return (
    <div className={classes.wizard}>
      <Steps steps={steps} current={current} onStep={onStep} />
      <section className={classes.step}>
        <h2 ref={heading} tabIndex={-1} className={classes.title}>
          {title}
        </h2>
        {text && <p className={classes.text}>{text}</p>}
        <div className={classes.content}>{children}</div>
        {(onBack || onSkip || next) && (
          <Group className={classes.buttons}>
            {onBack && (
              <Button variant="default" onClick={onBack}>
                {t("form.back")}
              </Button>
            )}
            {onSkip && (
              <Button variant="subtle" color="gray" onClick={onSkip}>
                {t("step.skip")}
              </Button>
            )}
            {next && (
              <Button className={classes.next} onClick={next.run} disabled={next.disabled} loading={next.busy}>
                {next.label}
              </Button>
            )}
          </Group>
        )}
      </section>
    </div>
  );
}
