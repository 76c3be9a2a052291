import { useEffect, useState } from "react";
import { get, useStudio } from "../state/store.ts";
import { Button } from "./controls.tsx";

/** Says that the server does not answer, until it does. */
export function ConnectionLine() {
  const link = useStudio((state) => state.link);
  return (
    <div role="status" aria-live="polite" className="connection">
      {link?.status === "down" && (
        <div className="connection-line">
          <p>
            <strong>The server does not answer.</strong> The studio reconnects by itself; your gallery is safe on this
            device.
          </p>
          <Countdown retryAt={link.retryAt} />
          <Button onClick={() => void get().backend?.connection?.tryNow()}>Ask now</Button>
        </div>
      )}
    </div>
  );
}

/** Seconds until the next question; not read out, since it changes all the time. */
function Countdown({ retryAt }: { retryAt: number }) {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, []);
  const seconds = Math.max(0, Math.ceil((retryAt - now) / 1000));
  return (
    <span className="connection-wait" aria-hidden="true">
      {seconds > 0 ? `asking again in ${seconds} s` : "asking…"}
    </span>
  );
}
