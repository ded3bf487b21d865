/** Answers of the plain query protocol (sts): the output inside `<ActionResult>`, `ErrorResponse` for errors. */
import type { ServiceModel } from '../../api/model.ts';
import type { Protocol } from './protocol.ts';
import { escapeXml, XmlOutput, xmlDeclaration } from './xml-output.ts';

export function awsQuery(model: ServiceModel): Protocol {
  const output = new XmlOutput(model);
  return {
    contentType: 'text/xml',
    result: (action, value, requestId) =>
      `${xmlDeclaration}<${action}Response xmlns="${model.xmlNamespace}">` +
      `<${action}Result>${output.encode(action, value) ?? ''}</${action}Result>` +
      `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata></${action}Response>`,
    error: ({ code, message, sender }, requestId) =>
      `${xmlDeclaration}<ErrorResponse xmlns="${model.xmlNamespace}"><Error>` +
      `<Type>${sender ? 'Sender' : 'Receiver'}</Type><Code>${escapeXml(code)}</Code>` +
      `<Message>${escapeXml(message)}</Message></Error><RequestId>${requestId}</RequestId></ErrorResponse>`,
  };
}
