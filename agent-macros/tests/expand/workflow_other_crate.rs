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
    #[allow(unused_imports)]
    use crate::vendored::sdk::__private::Undescribed as _;
    #[allow(unused_imports)]
    use crate::vendored::sdk::__private::Otherwise as _;
    const _: () = <Topic as crate::vendored::sdk::__private::Taken<true>>::FITS;
    const _: () = <<__N_0 as crate::vendored::sdk::workflow::Node>::Input as crate::vendored::sdk::__private::Taken<
        { <crate::vendored::sdk::__private::TakesOther<Topic, __N_0>>::TYPE },
    >>::FITS;
    const _: () = <<__N_0 as crate::vendored::sdk::workflow::Node>::Output as crate::vendored::sdk::__private::Given<
        {
            <crate::vendored::sdk::__private::MakesNew<__N_0>>::TYPE
                && !<__N_0 as crate::vendored::sdk::workflow::Node>::TELLS_OUTPUT
        },
    >>::FITS;
    const __IS_RESULT_ASKED: ::core::primitive::bool = !(false
        || <crate::vendored::sdk::__private::GivesBad<__N_0>>::TYPE);
    const _: () = <Plan as crate::vendored::sdk::__private::Taken<
        __IS_RESULT_ASKED,
    >>::FITS;
    const __FACTS: [crate::vendored::sdk::workflow::NodeFacts; 1usize] = [
        crate::vendored::sdk::workflow::NodeFacts::of_none::<
            <__N_0 as crate::vendored::sdk::workflow::Node>::This,
        >()
            .adding(
                <__N_0 as crate::vendored::sdk::workflow::Node>::SENDS,
                <__N_0 as crate::vendored::sdk::workflow::Node>::YIELDS,
            ),
    ];
    const __NODE_0: crate::vendored::sdk::workflow::GraphNode = crate::vendored::sdk::workflow::GraphNode {
        id: "draft",
        each: false,
        definition: &<__N_0 as crate::vendored::sdk::workflow::Node>::definition,
        input: crate::vendored::sdk::workflow::TypeData::of::<
            <__N_0 as crate::vendored::sdk::workflow::Node>::Input,
        >(
            <crate::vendored::sdk::__private::SchemaOf<
                <__N_0 as crate::vendored::sdk::workflow::Node>::Input,
            >>::OF,
            <__N_0 as crate::vendored::sdk::workflow::Node>::check_input,
        ),
        output: crate::vendored::sdk::workflow::TypeData::inner::<
            <__N_0 as crate::vendored::sdk::workflow::Node>::Output,
        >(<__N_0 as crate::vendored::sdk::workflow::Node>::check_output),
        facts: __FACTS[0usize],
        yields: &|__message: &crate::vendored::sdk::workflow::Message| <__N_0 as crate::vendored::sdk::workflow::AddsTo<
            <<__N_0 as crate::vendored::sdk::workflow::Node>::Yielded as crate::vendored::sdk::workflow::Added>::Of,
            <Plan as crate::vendored::sdk::workflow::ReturnsOne<__ANY>>::Item,
        >>::add(__message, <__Run>::WRITE),
        exit: crate::vendored::sdk::workflow::Exit::Output(
            &|__message: &crate::vendored::sdk::workflow::Message| <__N_0 as crate::vendored::sdk::workflow::EndsWith<
                <__N_0 as crate::vendored::sdk::workflow::Node>::Output,
                <Plan as crate::vendored::sdk::workflow::ReturnsOne<__ANY>>::Item,
            >>::end(
                __message,
                <__N_0 as crate::vendored::sdk::workflow::Node>::read_output,
                <__Run>::WRITE,
            ),
        ),
    };
    const __SLOTS: &[crate::vendored::sdk::workflow::Slot] = &[];
    const __NODES: &[crate::vendored::sdk::workflow::GraphNode] = &[__NODE_0];
    const __VERSION: &crate::vendored::sdk::workflow::GraphVersion = &crate::vendored::sdk::workflow::GraphVersion::of(
        "d874acfea2dfa6d7db2307770183619e",
        __NODES,
        __NAMES,
        &[<__N_0 as crate::vendored::sdk::workflow::Node>::ASKS],
        __SLOTS,
    );
    const __GRAPH: &crate::vendored::sdk::workflow::Graph = &crate::vendored::sdk::workflow::Graph {
        name: "plan",
        description: "",
        version: __VERSION.as_str(),
        supersteps_max: crate::vendored::sdk::workflow::SUPERSTEPS_MAX,
        retry: ::core::option::Option::None,
        timeout: ::core::option::Option::None,
        input: crate::vendored::sdk::workflow::TypeData::of::<
            Topic,
        >(
            <crate::vendored::sdk::__private::SchemaOf<Topic>>::OF,
            <plan as crate::vendored::sdk::workflow::Node>::check_input,
        ),
        output: crate::vendored::sdk::workflow::TypeData::of::<
            Plan,
        >(
            <crate::vendored::sdk::__private::SchemaOf<Plan>>::OF,
            <plan as crate::vendored::sdk::workflow::Node>::check_output,
        ),
        outputs: crate::vendored::sdk::workflow::OutputCount::One.or_any(__ANY),
        slots: __SLOTS,
        start: crate::vendored::sdk::workflow::Exit::To(
            &[
                crate::vendored::sdk::workflow::Target {
                    to: crate::vendored::sdk::workflow::To::Node(0usize),
                    convert: &|__message: &crate::vendored::sdk::workflow::Message| <__N_0 as crate::vendored::sdk::workflow::Accepts<
                        Topic,
                        <__N_0 as crate::vendored::sdk::workflow::Node>::Input,
                    >>::hand_on(
                        __message,
                        <plan as crate::vendored::sdk::workflow::Node>::read_input,
                        <__N_0 as crate::vendored::sdk::workflow::Node>::write_input,
                    ),
                },
            ],
        ),
        nodes: __NODES,
        joins: &[],
        forks: &[],
    };
    const __REGISTERED: ::core::option::Option<
        crate::vendored::sdk::workflow::Registered,
    > = <plan as crate::vendored::sdk::workflow::Node>::REGISTERED;
    const __NAMES: &[::core::option::Option<
        crate::vendored::sdk::workflow::Registered,
    >] = &[<__N_0 as crate::vendored::sdk::workflow::Node>::REGISTERED];
    const __USED: &[&[&::core::primitive::str]] = &[
        <__N_0 as crate::vendored::sdk::workflow::Node>::SLOTS,
    ];
    const _: () = {
        crate::vendored::sdk::workflow::check_names(__REGISTERED, __NAMES, 0usize);
        crate::vendored::sdk::workflow::check_message(
            "draft",
            <__N_0 as crate::vendored::sdk::workflow::Node>::BORROWS,
        )
    };
    const _: () = crate::vendored::sdk::workflow::check_no_state(
        __GRAPH,
        __USED,
        0usize,
    );
    #[automatically_derived]
    impl crate::vendored::sdk::workflow::Node for plan {
        type Input = Topic;
        type Output = Plan;
        type Kind = crate::vendored::sdk::workflow::Plain;
        type This = Self;
        type Yielded = crate::vendored::sdk::workflow::NoYields;
        const INPUT: crate::vendored::sdk::__private::Codec<Topic> = {
            #[allow(unused_imports)]
            use crate::vendored::sdk::__private::Unkept as _;
            <crate::vendored::sdk::__private::Codec<Topic>>::OF
        };
        const OUTPUT: crate::vendored::sdk::__private::Codec<Plan> = {
            #[allow(unused_imports)]
            use crate::vendored::sdk::__private::Unkept as _;
            <crate::vendored::sdk::__private::Codec<Plan>>::OF
        };
        const TELLS_OUTPUT: ::core::primitive::bool = true;
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
