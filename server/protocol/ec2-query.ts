/**
 * The ec2 query protocol: answers have their elements right inside `<ActionResponse>`, errors an
 * envelope of their own (`Response/Errors/Error`, and `RequestID` with a capital D).
 */
import type { ServiceModel } from '../../api/model.ts';
import { Pieces } from './pieces.ts';
import type { Protocol } from './protocol.ts';
import { queryRequests } from './query-request.ts';
import { escapeXml, XmlOutput, xmlDeclaration } from './xml-output.ts';

const headers = { 'content-type': 'text/xml;charset=UTF-8' };

export function ec2Query(model: ServiceModel): Protocol {
  const output = new XmlOutput(model);
  return {
    ...queryRequests(model),
    result(action, value, requestId) {
      const pieces = new Pieces();
      pieces.text = `${xmlDeclaration}<${action}Response xmlns="${model.xmlNamespace}"><requestId>${requestId}</requestId>`;
      // Where the model has no output EC2 sends this element, and old clients look for it.
      if (!output.write(action, value, pieces)) pieces.text += '<return>true</return>';
      pieces.text += `</${action}Response>`;
      return { status: 200, headers, body: pieces.bytes() };
    },
    error: ec2Error,
  };
}

/** Needs no model: also for requests of which the service is not known yet. */
export const ec2Error: Protocol['error'] = ({ code, message }, requestId) => {
  const text =
    `${xmlDeclaration}<Response><Errors><Error><Code>${escapeXml(code)}</Code><Message>${escapeXml(message)}</Message>` +
    `</Error></Errors><RequestID>${requestId}</RequestID></Response>`;
  return { headers, body: [Buffer.from(text)] };
};
