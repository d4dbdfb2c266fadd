%dw 2.0
output application/xml
ns soap http://schemas.xmlsoap.org/soap/envelope/
ns r urn:rates
---
soap#Envelope: {
  soap#Body: {
    r#GetRate: {
      r#currency: attributes.uriParams.currency
    }
  }
}
