/** Answers of the plain query protocol (sts): the output inside `<ActionResult>`, `ErrorResponse` for errors. */
import type { ServiceModel } from '../../api/model.ts';
import { Pieces } from './pieces.ts';
import type { Protocol } from './protocol.ts';
import { escapeXml, XmlOutput, xmlDeclaration } from './xml-output.ts';

export function awsQuery(model: ServiceModel): Protocol {
  const output = new XmlOutput(model);
  return {
    contentType: 'text/xml',
    result(action, value, requestId) {
      const pieces = new Pieces();
      pieces.text = `${xmlDeclaration}<${action}Response xmlns="${model.xmlNamespace}"><${action}Result>`;
      output.write(action, value, pieces);
      pieces.text += `</${action}Result><ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata></${action}Response>`;
      return pieces.bytes();
    },
    error: ({ code, message, sender }, requestId) =>
      `${xmlDeclaration}<ErrorResponse xmlns="${model.xmlNamespace}"><Error>` +
      `<Type>${sender ? 'Sender' : 'Receiver'}</Type><Code>${escapeXml(code)}</Code>` +
      `<Message>${escapeXml(message)}</Message></Error><RequestId>${requestId}</RequestId></ErrorResponse>`,
  };
}
