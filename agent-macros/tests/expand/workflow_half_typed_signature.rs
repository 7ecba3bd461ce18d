// #[workflow]
// fn plan(topic: ) -> Plan { draft >> review; }

fn plan (topic :) -> Plan { draft >> review ; }
