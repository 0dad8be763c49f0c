import { useElementSize } from "@mantine/hooks";
import { Ban, CircleCheck, CircleDashed, type LucideIcon, UserCheck } from "lucide-react";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { arranged, columns, type Graph, type GraphEdge, type GraphNode, type GraphState, onPathsOf } from "./graph";
import type { Chosen } from "./GraphPage";
import classes from "./Graph.module.css";

const row = 58; // from one node to the next, in pixels; the style sheet has the same
const height = 48;
const top = 40; // the heads of the columns
const gap = 72;

const bend = gap * 0.55;
const curve = (x1: number, y1: number, x2: number, y2: number) => `C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;

// A line past a column runs between two of its nodes, so that it does not look as if it led through one.
function lineOf(a: { x: number; y: number }, b: { x: number; y: number }, past: number): string {
  if (past === 0) {
    return `M${a.x} ${a.y}${curve(a.x, a.y, b.x, b.y)}`;
  }
  const free = (row - height) / 2;
  const lane = top + Math.round(((a.y + b.y) / 2 - top + free) / row) * row - free;
  return `M${a.x} ${a.y}${curve(a.x, a.y, a.x + gap, lane)}H${b.x - gap}${curve(b.x - gap, lane, b.x, b.y)}`;
}

export interface Names {
  title: (node: GraphNode) => string;
  note: (node: GraphNode) => string;
}

/** The sign of a state: never colour alone. */
export const signs: Record<GraphState, LucideIcon> = { allow: CircleCheck, needs_approval: UserCheck, deny: Ban, idle: CircleDashed };

interface Props {
  graph: Graph;
  /** The id of what the graph starts from. */
  focus: string;
  names: Names;
  chosen?: Chosen;
  onChoose: (chosen: Chosen) => void;
}

/** Columns of people, teams, roles and places with lines between what leads on to each other. Where there is no room for four columns they stand below each other. */
export function GraphDrawing({ graph, focus, names, chosen, onChoose }: Props) {
  const { t } = useTranslation();
  const { ref, width } = useElementSize<HTMLDivElement>();
  const [near, setNear] = useState<readonly string[]>([]);
  const lists = useMemo(() => arranged(graph), [graph]);
  const shown = columns.map((name, i) => ({ name, nodes: lists[i] ?? [] })).filter(({ nodes }) => nodes.length > 0);
  const wide = width >= 640;
  const starts = near.length > 0 ? near : chosen ? ("node" in chosen ? [chosen.node.key] : [chosen.edge.from, chosen.edge.to]) : [];
  const lit = starts.length > 0 ? onPathsOf(graph.edges, starts) : null;
  const column = (width - gap * (shown.length - 1)) / shown.length;
  const at = new Map(shown.flatMap(({ nodes }, c) => nodes.map((node, i) => [node.key, { c, y: top + i * row + height / 2 }] as const)));
  const tall = top + Math.max(...shown.map(({ nodes }) => nodes.length)) * row;
  const bright = (edge: GraphEdge) => !lit || (lit.has(edge.from) && lit.has(edge.to));
  return (
    <>
      <div className={classes.drawing} ref={ref} data-wide={wide || undefined} style={wide ? { minHeight: tall, gap } : undefined}>
        {wide && (
          <svg className={classes.lines} width={width} height={tall} aria-hidden="true">
            {graph.edges.map((edge) => {
              const a = at.get(edge.from);
              const b = at.get(edge.to);
              if (!a || !b) {
                return null;
              }
              const x1 = a.c * (column + gap) + column;
              const x2 = b.c * (column + gap);
              const d = lineOf({ x: x1, y: a.y }, { x: x2, y: b.y }, b.c - a.c > 1 ? column : 0);
              return (
                <g key={`${edge.from} ${edge.to}`} data-state={edge.state} data-lit={lit ? bright(edge) : undefined} onMouseEnter={() => setNear([edge.from, edge.to])} onMouseLeave={() => setNear([])} onClick={() => onChoose({ edge })}>
                  <path d={d} className={classes.line} data-partly={edge.partly || undefined} />
                  <path d={d} className={classes.touch} />
                </g>
              );
            })}
          </svg>
        )}
        {shown.map(({ name, nodes }) => (
          <section key={name} className={classes.column} aria-label={t(`graph.column.${name}`)}>
            <h2>
              {t(`graph.column.${name}`)} <Count graph={graph} name={name} nodes={nodes} />
            </h2>
            <ul>
              {nodes.map((node) => (
                <li key={node.key}>
                  <NodeButton node={node} names={names} focused={node.id !== "" && node.id === focus} dim={lit !== null && !lit.has(node.key)} onNear={setNear} onChoose={onChoose} />
                </li>
              ))}
            </ul>
          </section>
        ))}
      </div>
      <ul className={classes.legend} aria-label={t("graph.legend")}>
        {(["allow", "needs_approval", "deny", "idle"] as const).map((state) => {
          const Sign = signs[state];
          return (
            <li key={state} data-state={state}>
              <svg width="28" height="8" aria-hidden="true">
                <path d="M0 4H28" className={classes.line} />
              </svg>
              <Sign size={14} aria-hidden="true" />
              {t(`graph.state.${state}`)}
            </li>
          );
        })}
      </ul>
    </>
  );
}

function Count({ graph, name, nodes }: { graph: Graph; name: (typeof columns)[number]; nodes: readonly GraphNode[] }) {
  const { t } = useTranslation();
  const all = graph.totals[name];
  const some = nodes.filter((node) => node.type !== "more").length;
  return <small>{some < all && nodes[0]?.type !== "people" ? t("graph.columnOf", { shown: some, total: all }) : all}</small>;
}

interface NodeProps {
  node: GraphNode;
  names: Names;
  focused: boolean;
  dim: boolean;
  onNear: (keys: readonly string[]) => void;
  onChoose: (chosen: Chosen) => void;
}

function NodeButton({ node, names, focused, dim, onNear, onChoose }: NodeProps) {
  const { t } = useTranslation();
  const Sign = signs[node.state];
  const plain = node.type === "more" || node.type === "people";
  const state = node.miss ? t(`graph.miss.${node.miss}`) : t(`graph.state.${node.state}`);
  const note = [node.state === "idle" && !plain ? state : "", names.note(node)].filter(Boolean).join(" · ");
  const title = names.title(node);
  return (
    <button
      type="button"
      className={classes.node}
      data-state={plain ? undefined : node.state}
      data-dim={dim || undefined}
      data-more={node.type === "more" || undefined}
      aria-current={focused || undefined}
      title={[title, note].filter(Boolean).join("\n")}
      onMouseEnter={() => onNear([node.key])}
      onMouseLeave={() => onNear([])}
      onFocus={() => onNear([node.key])}
      onBlur={() => onNear([])}
      onClick={() => onChoose({ node })}
    >
      {!plain && <Sign size={15} aria-label={state} role="img" />}
      <span>
        <b>{title}</b>
        {note && <small>{note}</small>}
      </span>
    </button>
  );
}
