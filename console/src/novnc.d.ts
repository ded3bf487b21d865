/** What the console uses of noVNC, which brings no types of its own. */
declare module '@novnc/novnc' {
  interface Events {
    connect: Event;
    disconnect: CustomEvent<{ clean: boolean }>;
  }

  /** A session at a VNC server, drawn into an element. */
  class RFB extends EventTarget {
    constructor(target: HTMLElement, url: string, options?: { shared?: boolean });
    background: string;
    scaleViewport: boolean;
    showDotCursor: boolean;
    addEventListener<Name extends keyof Events>(
      name: Name,
      listener: (event: Events[Name]) => void,
    ): void;
    focus(): void;
    blur(): void;
    disconnect(): void;
    sendKey(keysym: number, code: string, down?: boolean): void;
    sendCtrlAltDel(): void;
  }
  export = RFB;
}
