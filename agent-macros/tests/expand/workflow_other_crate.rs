// #[workflow(crate = crate::vendored::sdk)]
// fn plan(topic: Topic) -> Plan { draft; }

#[allow(dead_code, non_camel_case_types, missing_debug_implementations)]
struct plan {}
#[allow(deprecated, non_camel_case_types, clippy::all, clippy::pedantic)]
const _: () = {
    type __N_0 = draft;
    const __ANY: ::core::primitive::bool = crate::vendored::sdk::workflow::any(
        &[
            <__N_0 as crate::vendored::sdk::workflow::Node>::SENDS,
            <__N_0 as crate::vendored::sdk::workflow::Node>::YIELDS,
        ],
    );
    struct __Run;
    impl __Run {
        const WRITE: crate::vendored::sdk::workflow::WriteOutput<
            <Plan as crate::vendored::sdk::workflow::ReturnsOne<__ANY>>::Item,
        > = <Plan as crate::vendored::sdk::workflow::ReturnsOne<__ANY>>::write::<plan>;
    }
    const __NODE_0: crate::vendored::sdk::workflow::GraphNode = crate::vendored::sdk::workflow::GraphNode {
        id: "draft",
        each: false,
        definition: &<__N_0 as crate::vendored::sdk::workflow::Node>::definition,
        input: crate::vendored::sdk::workflow::TypeData::inner::<
            <__N_0 as crate::vendored::sdk::workflow::Node>::Input,
        >(<__N_0 as crate::vendored::sdk::workflow::Node>::check_input),
        output: crate::vendored::sdk::workflow::TypeData::inner::<
            <__N_0 as crate::vendored::sdk::workflow::Node>::Output,
        >(<__N_0 as crate::vendored::sdk::workflow::Node>::check_output),
        facts: crate::vendored::sdk::workflow::NodeFacts::of::<
            <__N_0 as crate::vendored::sdk::workflow::Node>::This,
            <crate::vendored::sdk::workflow::NoState as crate::vendored::sdk::workflow::WorkflowState>::This,
        >(
            <__N_0 as crate::vendored::sdk::workflow::Node>::SENDS,
            <__N_0 as crate::vendored::sdk::workflow::Node>::YIELDS,
        ),
        yields: &|__message: &crate::vendored::sdk::workflow::Message| crate::vendored::sdk::workflow::add::<
            <__N_0 as crate::vendored::sdk::workflow::Node>::Yielded,
            __N_0,
            <Plan as crate::vendored::sdk::workflow::ReturnsOne<__ANY>>::Item,
        >(__message, <__Run>::WRITE),
        exit: crate::vendored::sdk::workflow::Exit::Output(
            &|__message: &crate::vendored::sdk::workflow::Message| crate::vendored::sdk::workflow::end::<
                <__N_0 as crate::vendored::sdk::workflow::Node>::Output,
                __N_0,
                <Plan as crate::vendored::sdk::workflow::ReturnsOne<__ANY>>::Item,
            >(
                __message,
                <__N_0 as crate::vendored::sdk::workflow::Node>::read_output,
                <__Run>::WRITE,
            ),
        ),
    };
    const __VERSION: &crate::vendored::sdk::workflow::GraphVersion = &crate::vendored::sdk::workflow::GraphVersion::of(
        "d874acfea2dfa6d7db2307770183619e",
        &[__NODE_0],
        __NAMES,
        &[<__N_0 as crate::vendored::sdk::workflow::Node>::ASKS],
        <crate::vendored::sdk::workflow::NoState as crate::vendored::sdk::workflow::WorkflowState>::SLOTS,
    );
    const __GRAPH: &crate::vendored::sdk::workflow::Graph = &crate::vendored::sdk::workflow::Graph {
        name: "plan",
        description: "",
        version: __VERSION.as_str(),
        supersteps_max: crate::vendored::sdk::workflow::SUPERSTEPS_MAX,
        retry: ::core::option::Option::None,
        timeout: ::core::option::Option::None,
        input: crate::vendored::sdk::workflow::TypeData::described::<
            Topic,
        >(<plan as crate::vendored::sdk::workflow::Node>::check_input),
        output: crate::vendored::sdk::workflow::TypeData::described::<
            Plan,
        >(<plan as crate::vendored::sdk::workflow::Node>::check_output),
        outputs: crate::vendored::sdk::workflow::OutputCount::One.or_any(__ANY),
        slots: <crate::vendored::sdk::workflow::NoState as crate::vendored::sdk::workflow::WorkflowState>::SLOTS,
        start: crate::vendored::sdk::workflow::Exit::To(
            &[
                crate::vendored::sdk::workflow::Target {
                    to: crate::vendored::sdk::workflow::To::Node(0usize),
                    convert: &|__message: &crate::vendored::sdk::workflow::Message| crate::vendored::sdk::workflow::hand_on::<
                        Topic,
                        __N_0,
                        <__N_0 as crate::vendored::sdk::workflow::Node>::Input,
                    >(
                        __message,
                        <plan as crate::vendored::sdk::workflow::Node>::read_input,
                        <__N_0 as crate::vendored::sdk::workflow::Node>::write_input,
                    ),
                },
            ],
        ),
        nodes: &[__NODE_0],
        joins: &[],
        forks: &[],
    };
    const __REGISTERED: ::core::option::Option<
        crate::vendored::sdk::workflow::Registered,
    > = <plan as crate::vendored::sdk::workflow::Node>::REGISTERED;
    const __NAMES: &[::core::option::Option<
        crate::vendored::sdk::workflow::Registered,
    >] = &[<__N_0 as crate::vendored::sdk::workflow::Node>::REGISTERED];
    const _: () = crate::vendored::sdk::workflow::check_names(
        __REGISTERED,
        __NAMES,
        0usize,
    );
    #[automatically_derived]
    impl crate::vendored::sdk::workflow::Node for plan {
        type Input = Topic;
        type Output = Plan;
        type Kind = crate::vendored::sdk::workflow::Plain;
        type This = Self;
        type Yielded = crate::vendored::sdk::workflow::NoYields;
        const REGISTERED: ::core::option::Option<
            crate::vendored::sdk::workflow::Registered,
        > = ::core::option::Option::Some(crate::vendored::sdk::workflow::Registered {
            kind: "workflow",
            name: "plan",
            path: ::core::concat!(::core::module_path!(), "::", "plan"),
        });
        fn definition() -> crate::vendored::sdk::workflow::NodeDefinition {
            crate::vendored::sdk::workflow::definition::<Self>()
        }
    }
    #[automatically_derived]
    impl<__S> crate::vendored::sdk::workflow::InState<__S> for plan {}
    #[automatically_derived]
    impl crate::vendored::sdk::workflow::Workflow for plan {
        const NAME: &'static ::core::primitive::str = "plan";
        const GRAPH: &'static crate::vendored::sdk::workflow::Graph = __GRAPH;
    }
};
