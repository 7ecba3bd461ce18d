// #[workflow]
// fn plan(&self, topic: Topic) -> Plan { draft; }
// error: workflow `plan` must not take `self` [AGT014]
//   help: move it out of the `impl` block; an executor takes what it needs by reference, as a resource

