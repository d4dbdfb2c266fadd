%dw 2.0
output application/xml
ns s http://schemas.xmlsoap.org/soap/envelope/
ns x urn:rates
var currency = payload.s#Envelope.s#Body.x#GetRate.x#currency
fun fault(code, reason) = s#Fault: {
  faultcode: code,
  faultstring: "Fault at Rates.java:7",
  detail: { x#reason: reason }
}
---
s#Envelope: {
  s#Body: currency match {
    case "CHF" -> { x#GetRateResponse: { x#currency: "CHF", x#rate: 0.94 } }
    case "XXX" -> fault("s:Server", "NoConnection")
    case "OLD" -> fault("s:Client.Authentication", "Expired")
    else -> fault("s:Client", "UnknownCurrency")
  }
}
