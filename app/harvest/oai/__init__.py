"""OAI-PMH 2.0 (openarchives.org/OAI/openarchivesprotocol.html): a verb comes in, XML of one revision goes out."""
