/** What the page of a stranger tries, in a browser in which the console is open. */
/* biome-ignore-all lint/correctness/noUnusedVariables: the test calls these in the page. */

/** Whatever a page may send without asking; resolves with what it could read of the answers. */
async function forge(endpoint) {
  const form = new URLSearchParams({
    ...{ Action: 'CreateKeyPair', Version: '2016-11-15', KeyName: 'stolen' },
  });
  const json = JSON.stringify({ KeyName: 'stolen' });
  const target = { 'x-amz-target': 'ec2.CreateKeyPair' };
  const asked = [
    { method: 'POST', mode: 'no-cors', credentials: 'include', body: form },
    { method: 'POST', mode: 'no-cors', credentials: 'include', body: json },
    { method: 'POST', credentials: 'include', body: form },
    { method: 'POST', credentials: 'include', body: json, headers: target },
    { method: 'GET' },
    { method: 'DELETE' },
  ];
  const read = [];
  for (const each of asked) {
    const answer = await fetch(`${endpoint}/`, each).catch(() => undefined);
    if (answer && answer.type !== 'opaque') read.push(await answer.text());
  }
  navigator.sendBeacon(`${endpoint}/`, form);
  for (const enctype of [
    'application/x-www-form-urlencoded',
    'multipart/form-data',
    'text/plain',
  ]) {
    const frame = document.createElement('iframe');
    frame.name = enctype.replace(/\W/g, '');
    const sent = document.createElement('form');
    Object.assign(sent, { action: `${endpoint}/`, method: 'post', enctype, target: frame.name });
    for (const [name, value] of form) {
      const field = document.createElement('input');
      Object.assign(field, { name, value });
      sent.append(field);
    }
    document.body.append(frame, sent);
    const loaded = new Promise((resolve) => {
      frame.onload = resolve;
    });
    sent.submit();
    await loaded;
  }
  return read;
}

/** Resolves with what it could load of the console, and whether it can steer a window of it. */
async function embed(address) {
  const loaded = (tag, name) =>
    new Promise((resolve) => {
      const element = document.createElement(tag);
      Object.assign(element, { src: `${address}${name}` });
      element.onload = () => resolve('loaded');
      element.onerror = () => resolve('refused');
      document.body.append(element);
    });
  const frame = document.createElement('iframe');
  frame.src = address;
  const framed = new Promise((resolve) => {
    frame.onload = resolve;
  });
  document.body.append(frame);
  await framed;
  const opened = open(address);
  await new Promise((resolve) => setTimeout(resolve, 500));
  return { mark: await loaded('img', 'mark.svg'), steers: opened?.closed === false };
}
