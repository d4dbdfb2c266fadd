%dw 2.0
import try from dw::Runtime
output application/java
ns soap http://schemas.xmlsoap.org/soap/envelope/
ns r urn:rates
// A body that is no XML, such as a proxy's page, is no fault of SOAP.
var answer = try(() -> error.errorMessage.payload.soap#Envelope).result
var fault = answer.soap#Body.soap#Fault
---
{
  // The code is a qualified name: soap:Client, or soap:Client.Authentication. The prefix is the service's choice.
  isCallers: (((fault.faultcode default "") splitBy ":")[-1] default "") startsWith "Client",
  reason: fault.detail.r#reason
}
