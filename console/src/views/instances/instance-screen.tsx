/**
 * The guest's screen and keyboard by VNC. A machine that lends nobody its keyboard (one that an
 * older Imago started) is shown as a picture, taken again every few seconds.
 */
import '../../styles/screen.css';
import { useMutation } from '@tanstack/preact-query';
import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiError } from '../../api/client.ts';
import { useAction } from '../../api/queries.ts';
import { useSession } from '../../api/session.tsx';
import { ActionButton } from '../../parts/action-button.tsx';
import { Problem } from '../../parts/problem.tsx';
import { saveFile } from '../../parts/save-file.ts';
import type { Route } from '../../route.ts';
import { screenText as text } from '../../text/instance.ts';
import { isLeaving } from './leaving.ts';
import { TypeTextDialog } from './type-text-dialog.tsx';
import { VncSession } from './vnc-session.ts';

const pictureEveryMs = 3000;

type State = 'connecting' | 'open' | 'refused';

export function InstanceScreen({ route }: { route: Route }) {
  const [, id = ''] = route.path;
  const [state, setState] = useState<State>('connecting');
  const [isTyping, setIsTyping] = useState(false);
  const picture = usePicture(id, state === 'refused');
  const { place, session } = useVnc(id, setState, picture.isNever);
  const frame = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLDivElement>(null);
  const leave = (event: KeyboardEvent) => {
    if (!isLeaving(event)) return;
    event.preventDefault();
    event.stopPropagation();
    session.current?.leave();
    button.current?.querySelector('button')?.focus();
  };
  const enlarge = async () => {
    await frame.current?.requestFullscreen();
    session.current?.focus();
  };
  const save = useSaving(id);
  const isViewOnly = state === 'refused' && picture.source !== undefined;
  const because = state !== 'open' && (isViewOnly ? text.viewOnly : text.connecting);
  return (
    <>
      {picture.problem && <Problem {...picture.problem} />}
      <section class="card" hidden={picture.problem !== undefined}>
        <p class="hint" role="status">
          {because || text.open}
        </p>
        <div ref={button} class="actions">
          <ActionButton because={because} onClick={() => session.current?.pressCtrlAltDel()}>
            {text.ctrlAltDel}
          </ActionButton>
          <ActionButton because={because} onClick={() => setIsTyping(true)}>
            {text.type}
          </ActionButton>
          <ActionButton onClick={() => save.mutate()}>{text.picture}</ActionButton>
          <button type="button" onClick={enlarge}>
            {text.fullScreen}
          </button>
        </div>
        {save.error && <Problem error={save.error} />}
        <div ref={frame} class="screen" onKeyDownCapture={leave}>
          <div ref={place} hidden={isViewOnly} />
          {isViewOnly && <img alt={text.alt(id)} src={picture.source} />}
        </div>
      </section>
      {isTyping && (
        <TypeTextDialog
          press={async (presses) => session.current?.press(presses)}
          onClose={() => setIsTyping(false)}
        />
      )}
    </>
  );
}

/** Only asked for where there is nothing better, and no more where there never is one. */
function usePicture(InstanceId: string, isWanted: boolean) {
  const [isNever, setIsNever] = useState(false);
  const input = { InstanceId, WakeUp: true };
  const asking = { tables: [], enabled: isWanted && !isNever, everyMs: pictureEveryMs };
  const shot = useAction('ec2', 'GetConsoleScreenshot', input, asking);
  const { error } = shot;
  const code = error instanceof ApiError ? error.code : undefined;
  useEffect(() => {
    if (code === 'UnsupportedOperation') setIsNever(true);
  }, [code]);
  // While nobody answers, Imago is about to be back.
  const isRefused = isWanted && error && code !== 'Unreachable';
  return {
    source: shot.data && `data:image/jpeg;base64,${shot.data.ImageData}`,
    problem: isRefused ? { error, retry: () => void shot.refetch() } : undefined,
    isNever,
  };
}

/** The screen as it is now, as a file: the API's own screenshot. */
function useSaving(InstanceId: string) {
  const { client } = useSession();
  return useMutation({
    mutationFn: async () => {
      const shot = await client.call('ec2', 'GetConsoleScreenshot', { InstanceId });
      const bytes = Uint8Array.from(atob(shot.ImageData ?? ''), (byte) => byte.charCodeAt(0));
      saveFile(`${InstanceId}.jpg`, bytes);
    },
  });
}

/** Drawn into `place`. */
function useVnc(id: string, tell: (state: State) => void, isNever: boolean) {
  const { client } = useSession();
  const place = useRef<HTMLDivElement>(null);
  const session = useRef<VncSession>();
  useEffect(() => {
    if (!place.current || isNever) return;
    const begun = new VncSession(client, id, place.current, {
      onOpen: () => tell('open'),
      onLost: () => tell('connecting'),
      onRefused: () => tell('refused'),
    });
    session.current = begun;
    return () => begun.end();
  }, [client, id, isNever]);
  return { place, session };
}
