"""The paper's claims as games with known answers, and measurements that test the others."""
