import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { Confirm } from "@/components/Confirm";
import { problemText } from "@/components/problemText";
import { toast } from "@/components/toast";
import type { Trial } from "./effects";
import { EffectOf, useSeesEffects } from "./review";

/** A change of rights that one click makes. */
interface Change {
  title: string;
  action: string;
  danger?: boolean;
  trial: Trial;
  run: () => Promise<unknown>;
}

interface Asked extends Change {
  done: () => void;
  left: (why: Error) => void;
}

/**
 * Asks before a change that one click makes, and shows who gains and loses what by it; whoever may not know that is not asked.
 * `ask` fails if the change was not made, which has been said then. The question has to be put on the page.
 */
export function useAskFirst(): { ask: (change: Change) => Promise<void>; question: ReactNode } {
  const { t } = useTranslation();
  const sees = useSeesEffects();
  const [asked, setAsked] = useState<Asked | null>(null);
  const ask = async (change: Change) => {
    if (sees) {
      await new Promise<void>((done, left) => setAsked({ ...change, done, left }));
      return;
    }
    try {
      await change.run();
    } catch (error) {
      toast(problemText(error, t), "denied");
      throw error;
    }
  };
  const close = () => {
    asked?.left(new Error("left"));
    setAsked(null);
  };
  const question = asked && (
    <Confirm
      opened
      onClose={close}
      title={asked.title}
      action={asked.action}
      danger={asked.danger ?? false}
      onConfirm={async () => {
        await asked.run();
        asked.done();
      }}
    >
      <EffectOf trial={asked.trial} />
    </Confirm>
  );
  return { ask, question };
}
