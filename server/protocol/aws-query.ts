/**
 * The plain query protocol (sts): answers have the output inside `<ActionResult>`, errors an
 * `ErrorResponse`.
 */
import type { ServiceModel } from '../../api/model.ts';
import { Pieces } from './pieces.ts';
import type { Protocol } from './protocol.ts';
import { queryRequests } from './query-request.ts';
import { escapeXml, XmlOutput, xmlDeclaration } from './xml-output.ts';

const headers = { 'content-type': 'text/xml' };

export function awsQuery(model: ServiceModel): Protocol {
  const output = new XmlOutput(model);
  return {
    ...queryRequests(model),
    result(action, value, requestId) {
      const pieces = new Pieces();
      pieces.text = `${xmlDeclaration}<${action}Response xmlns="${model.xmlNamespace}"><${action}Result>`;
      output.write(action, value, pieces);
      pieces.text += `</${action}Result><ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata></${action}Response>`;
      return { status: 200, headers, body: pieces.bytes() };
    },
    error({ code, message, sender }, requestId) {
      const text =
        `${xmlDeclaration}<ErrorResponse xmlns="${model.xmlNamespace}"><Error>` +
        `<Type>${sender ? 'Sender' : 'Receiver'}</Type><Code>${escapeXml(code)}</Code>` +
        `<Message>${escapeXml(message)}</Message></Error><RequestId>${requestId}</RequestId></ErrorResponse>`;
      return { headers, body: [Buffer.from(text)] };
    },
  };
}
