import { Suspense } from "react";
import { useMe } from "@/app/me";
import { LendButton } from "@/features/approval";
import { Ask } from "./Ask";
import type { Subject } from "./data";
import { Grants } from "./Grants";
import { Overrides } from "./Overrides";

interface Props {
  subject: Subject;
  /** Whether rights can be given and taken here. */
  change: boolean;
  onAssign?: () => void;
}

/** What a technician or a team was given, and what a technician may do by it. */
export function AccessParts({ subject, change, onAssign }: Props) {
  const own = useMe()?.technician.id === subject.id;
  return (
    <>
      {own && (
        <Suspense fallback={null}>
          <div>
            <LendButton />
          </div>
        </Suspense>
      )}
      <Grants subject={subject} change={change} />
      <Overrides subject={subject} change={change} />
      {subject.type === "technician" && <Ask technicianId={subject.id} onAssign={onAssign} />}
    </>
  );
}
