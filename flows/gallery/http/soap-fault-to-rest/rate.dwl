%dw 2.0
output application/json
ns soap http://schemas.xmlsoap.org/soap/envelope/
ns r urn:rates
var answer = payload.soap#Envelope.soap#Body.r#GetRateResponse
---
{
  currency: answer.r#currency,
  rate: answer.r#rate as Number
}
