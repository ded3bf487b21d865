/**
 * Answers of the ec2 query protocol: elements right inside `<ActionResponse>`, and an error envelope of its own
 * (`Response/Errors/Error`, and `RequestID` with a capital D).
 */
import type { ServiceModel } from '../../api/model.ts';
import { Pieces } from './pieces.ts';
import type { Protocol } from './protocol.ts';
import { escapeXml, XmlOutput, xmlDeclaration } from './xml-output.ts';

const contentType = 'text/xml;charset=UTF-8';

export function ec2Query(model: ServiceModel): Protocol {
  const output = new XmlOutput(model);
  return {
    contentType,
    result(action, value, requestId) {
      const pieces = new Pieces();
      pieces.text = `${xmlDeclaration}<${action}Response xmlns="${model.xmlNamespace}"><requestId>${requestId}</requestId>`;
      // Where the model has no output EC2 sends this element, and old clients look for it.
      if (!output.write(action, value, pieces)) pieces.text += '<return>true</return>';
      pieces.text += `</${action}Response>`;
      return pieces.bytes();
    },
    error: ec2Error,
  };
}

/** Needs no model: also for requests of which the service is not known yet. */
export const ec2Error: Protocol['error'] = ({ code, message }, requestId) =>
  `${xmlDeclaration}<Response><Errors><Error><Code>${escapeXml(code)}</Code><Message>${escapeXml(message)}</Message>` +
  `</Error></Errors><RequestID>${requestId}</RequestID></Response>`;
