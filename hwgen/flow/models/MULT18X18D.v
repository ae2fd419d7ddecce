// MULT18X18D as far as cells_ecp5.v uses it: registers on CLK0, always enabled, never reset, operands from the ports.
// After Lattice TN1267 (ECP5 sysDSP usage guide): MULT18X18D's input, pipeline and output registers, and SIGNEDA, SIGNEDB.
module MULT18X18D #(
    parameter REG_INPUTA_CLK = "NONE", parameter REG_INPUTA_CE = "CE0", parameter REG_INPUTA_RST = "RST0",
    parameter REG_INPUTB_CLK = "NONE", parameter REG_INPUTB_CE = "CE0", parameter REG_INPUTB_RST = "RST0",
    parameter REG_PIPELINE_CLK = "NONE", parameter REG_PIPELINE_CE = "CE0", parameter REG_PIPELINE_RST = "RST0",
    parameter REG_OUTPUT_CLK = "NONE", parameter REG_OUTPUT_CE = "CE0", parameter REG_OUTPUT_RST = "RST0"
) (
    input CLK0, CLK1, CLK2, CLK3, CE0, CE1, CE2, CE3, RST0, RST1, RST2, RST3, SIGNEDA, SIGNEDB, SOURCEA, SOURCEB,
    A17, A16, A15, A14, A13, A12, A11, A10, A9, A8, A7, A6, A5, A4, A3, A2, A1, A0, B17, B16, B15, B14, B13, B12,
    B11, B10, B9, B8, B7, B6, B5, B4, B3, B2, B1, B0, C17, C16, C15, C14, C13, C12, C11, C10, C9, C8, C7, C6, C5,
    C4, C3, C2, C1, C0,
    output P35, P34, P33, P32, P31, P30, P29, P28, P27, P26, P25, P24, P23, P22, P21, P20, P19, P18, P17, P16, P15,
    P14, P13, P12, P11, P10, P9, P8, P7, P6, P5, P4, P3, P2, P1, P0
);
    wire [17:0] a = {A17, A16, A15, A14, A13, A12, A11, A10, A9, A8, A7, A6, A5, A4, A3, A2, A1, A0};
    wire [17:0] b = {B17, B16, B15, B14, B13, B12, B11, B10, B9, B8, B7, B6, B5, B4, B3, B2, B1, B0};
    reg [17:0] a_r, b_r;
    reg [35:0] m_r, p_r;
    wire [17:0] a_i = (REG_INPUTA_CLK == "CLK0") ? a_r : a;
    wire [17:0] b_i = (REG_INPUTB_CLK == "CLK0") ? b_r : b;
    wire signed [35:0] a_x = {{18{SIGNEDA & a_i[17]}}, a_i};
    wire signed [35:0] b_x = {{18{SIGNEDB & b_i[17]}}, b_i};
    wire [35:0] m = a_x * b_x;
    wire [35:0] m_i = (REG_PIPELINE_CLK == "CLK0") ? m_r : m;
    wire [35:0] p = (REG_OUTPUT_CLK == "CLK0") ? p_r : m_i;
    assign {P35, P34, P33, P32, P31, P30, P29, P28, P27, P26, P25, P24, P23, P22, P21, P20, P19, P18, P17, P16,
            P15, P14, P13, P12, P11, P10, P9, P8, P7, P6, P5, P4, P3, P2, P1, P0} = p;
    always @(posedge CLK0) begin
        a_r <= a;
        b_r <= b;
        m_r <= m;
        p_r <= m_i;
    end
endmodule
