"""DataWeave that is certain to mean the same in JMESPath, translated; flow files that become JMESPath by that."""
