import type { ModelInfo, OpenProgress } from "../backend/types.ts";
import { draw, drawForm, openModel } from "../state/actions.ts";
import { type Run, set, shownLabel, useStudio } from "../state/store.ts";
import { BlobImage } from "../ui/blob-image.tsx";
import { Button } from "../ui/controls.tsx";
import { gridName, megabytes, placeInLine, seconds, sizeName } from "../ui/format.ts";
import { Mark } from "../ui/icons.tsx";
import { Problem } from "../ui/problem.tsx";
import { TokenForm } from "../ui/token-form.tsx";
import { FilmStrip } from "./film-strip.tsx";
import { PictureActions } from "./picture-actions.tsx";
import { ScaleActions } from "./scale-actions.tsx";
import { Welcome } from "./welcome.tsx";

/** Where pictures appear, scale by scale. */
export function Stage({ info }: { info: ModelInfo }) {
  return (
    <section className="stage" aria-label="Picture">
      <StageContent info={info} />
    </section>
  );
}

function StageContent({ info }: { info: ModelInfo }) {
  const run = useStudio((state) => state.run);
  const model = useStudio((state) => state.model);
  if (model.status === "opening" && run?.status === "drawing")
    return <OpeningCard info={info} progress={model.progress} />;
  if (model.status === "failed" && model.needsToken) return <TokenForm text={model.message} />;
  if (run === undefined && model.status === "failed")
    return <Problem title="The model could not be opened" text={model.message} perform={() => void openModel()} />;
  if (run === undefined) return <Welcome info={info} />;
  if (run.status === "failed" && run.kept.every((id) => id === undefined))
    return <Problem title="Nothing was drawn" text={run.message ?? ""} perform={() => void draw(run.request)} />;
  if (run.status === "stopped" && run.frames.every((one) => one.length === 0)) {
    const text = "The drawing was stopped before its first scale. Nothing was kept.";
    return <Problem title="Stopped" text={text} action="Draw again" perform={() => void drawForm()} />;
  }
  return <Drawing run={run} />;
}

/** Shown while the model comes: how far, and that it is only once. */
function OpeningCard({ info, progress }: { info: ModelInfo; progress: OpenProgress | undefined }) {
  const downloading = !info.downloaded && progress?.stage === "download";
  const part = progress && progress.total > 0 ? progress.loaded / progress.total : 0;
  return (
    <div className="welcome">
      <Mark size={48} />
      <h2>{downloading ? "The model is on its way" : "The model is starting"}</h2>
      <p>
        {downloading
          ? `It comes once, is checked, and stays on this device: afterwards the studio works without a network.`
          : "The weights are here; the first drawing begins in a moment."}
      </p>
      <div
        className="meter"
        role="progressbar"
        aria-label="Opening the model"
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(100 * part)}
      >
        <span style={{ width: `${100 * part}%` }} />
      </div>
      {progress && downloading && (
        <p className="hint">
          {megabytes(progress.loaded)} of {megabytes(progress.total)}
        </p>
      )}
    </div>
  );
}

function Drawing({ run }: { run: Run }) {
  const picked = useStudio((state) => state.picked);
  const scale = useStudio((state) => state.scale);
  const picture = useStudio((state) => state.pictures.find(({ id }) => id === run.kept[picked]));
  const { request, label } = run;
  const frames = run.frames[picked] ?? [];
  const many = run.frames.length > 1;
  const total = run.grids.length;
  const name = shownLabel(label);
  return (
    <>
      <div className="stage-head">
        <h2>{name}</h2>
        <Progress run={run} done={frames.length} total={total} />
      </div>
      <div
        className="pictures"
        data-count={run.frames.length}
        style={{ ["--ratio" as string]: `${request.width} / ${request.height}` }}
      >
        {run.frames.map((own, number) => (
          <Picture
            // biome-ignore lint/suspicious/noArrayIndexKey: a picture's number is its identity.
            key={number}
            shown={own[number === picked ? (scale ?? own.length - 1) : own.length - 1]}
            name={`${name}${many ? `, picture ${number + 1} of ${run.frames.length}` : ""}`}
            finished={total > 0 && own.length === total}
            pressed={many ? number === picked : undefined}
            onPick={() => set({ picked: number, scale: undefined })}
          />
        ))}
      </div>
      <FilmStrip
        frames={frames}
        grids={run.grids}
        shown={scale ?? frames.length - 1}
        onShow={(index) => set({ scale: index === frames.length - 1 ? undefined : index })}
      />
      {scale !== undefined && scale < total - 1 && <ScaleActions run={run} picked={picked} scale={scale} />}
      {run.status === "failed" && (
        <div className="note bad" role="alert">
          <p>{run.message} What was finished before is in the gallery.</p>
          <Button onClick={() => void draw(request)}>Try again</Button>
        </div>
      )}
      {picture ? (
        <PictureActions picture={picture} />
      ) : run.status === "failed" ? null : (
        <p className="stage-note">
          {run.status === "stopped"
            ? "Stopped: these scales stay until the next drawing, but only finished pictures go to the gallery."
            : `${sizeName(request)} px, seed ${request.seed}, guidance ${request.guidance}`}
        </p>
      )}
    </>
  );
}

interface PictureProps {
  readonly shown: Blob | undefined;
  readonly name: string;
  readonly finished: boolean;
  /** Whether it is the one looked at; undefined where there is only one. */
  readonly pressed: boolean | undefined;
  onPick(): void;
}

function Picture({ shown, name, finished, pressed, onPick }: PictureProps) {
  const alt = `${name}, ${finished ? "finished" : "growing"}`;
  const content = shown ? <BlobImage blob={shown} alt={alt} /> : <span className="waiting-picture" />;
  if (pressed === undefined) return <div className="picture">{content}</div>;
  return (
    <button type="button" className="picture" aria-pressed={pressed} aria-label={alt} onClick={onPick}>
      {content}
    </button>
  );
}

function Progress({ run, done, total }: { run: Run; done: number; total: number }) {
  const finished = run.frames.filter((own) => own.length === total && total > 0).length;
  const text =
    run.status === "done"
      ? `${run.frames.length === 1 ? "Done" : `${run.frames.length} pictures`} in ${seconds(run.totalMs ?? 0)}`
      : run.status === "stopped" || run.status === "failed"
        ? `Stopped after ${done} of ${total} scales`
        : run.waiting !== undefined
          ? placeInLine(run.waiting)
          : total === 0
            ? "Thinking…"
            : `Scale ${Math.min(done + 1, total)} of ${total}${run.grids[done] ? `, ${gridName(run.grids[done])}` : ""}${run.frames.length > 1 ? `, ${finished} of ${run.frames.length} finished` : ""}`;
  const all = run.frames.reduce((sum, own) => sum + own.length, 0);
  const part = total === 0 ? 0 : all / (total * run.frames.length);
  return (
    <div className="progress">
      <span role="status">{text}</span>
      <span className="bar" data-status={run.status} aria-hidden="true">
        <span style={{ width: `${100 * part}%` }} />
      </span>
    </div>
  );
}
